/** The engine of the machine that this process runs on, or of an offline tree: what the agent and the command line both open. */
import { randomBytes } from 'node:crypto';
import type { Engine } from './engine/engine.ts';
import { openEngine } from './engine/open-engine.ts';
import { faultsFromEnvironment } from './host/faults.ts';
import { localHost } from './host/local-host.ts';
import type { MakeElsewhere } from './make-elsewhere.ts';
import { secretsHere } from './secrets/secrets-here.ts';

export interface EngineHereOptions {
  /** `/`, or the directory of an offline tree. */
  readonly root: string;
  readonly stateDirectory: string;
  /** See `EngineOptions`. */
  readonly elsewhere?: MakeElsewhere | null;
  /** Where tests ask for faults; default the process's own. */
  readonly environment?: { readonly [name: string]: string | undefined };
}

export function engineHere({
  root,
  stateDirectory,
  elsewhere = null,
  environment = process.env,
}: EngineHereOptions): Engine {
  const faults = faultsFromEnvironment(environment);
  return openEngine({
    host: faults.wrap(localHost({ root, points: faults.points })),
    stateDirectory,
    secrets: secretsHere(root, stateDirectory),
    elsewhere,
    clock: () => new Date(),
    random: () => randomBytes(8).toString('hex'),
    point: (name) => faults.points.point(name),
  });
}
