/** Every facet that describes a host, each compiled by one function. */
import type { PersonaDocument } from '@guise/model';
import type { ClaimSink } from '../claim-sink.ts';
import { compileCommands } from './commands.ts';
import { compileDatabases } from './databases.ts';
import { compileEncryptionKeys } from './encryption-keys.ts';
import { compileFiles } from './files.ts';
import { compileNetwork } from './network.ts';
import { compileOperatingSystem } from './operating-system.ts';
import { compilePackages } from './packages.ts';
import { compileServices } from './services.ts';
import { compileTimers } from './timers.ts';
import { compileUnsupported } from './unsupported.ts';
import { compileUsers } from './users.ts';

export type Facet = (document: PersonaDocument, sink: ClaimSink) => void;

export const facets: readonly Facet[] = [
  compileUnsupported,
  compilePackages,
  compileUsers,
  compileOperatingSystem,
  compileFiles,
  compileEncryptionKeys,
  compileServices,
  compileTimers,
  compileNetwork,
  compileDatabases,
  compileCommands,
];
