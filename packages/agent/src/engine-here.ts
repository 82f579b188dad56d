/** The engine of the machine that this process runs on, or of an offline tree: what the agent and the command line both open. */
import { randomBytes } from 'node:crypto';
import type { Engine } from './engine/engine.ts';
import { openEngine } from './engine/open-engine.ts';
import { type FaultPoints, faultsFromEnvironment } from './host/faults.ts';
import type { Host } from './host/host.ts';
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
  /** The machine, for a process that has opened it already. */
  readonly machine?: Machine;
}

export interface Machine {
  readonly host: Host;
  readonly points: FaultPoints;
}

export function machineHere(root: string, environment: EngineHereOptions['environment'] = process.env): Machine {
  const faults = faultsFromEnvironment(environment);
  const { points } = faults;
  return { host: faults.wrap(localHost({ root, points })), points };
}

export function engineHere({
  root,
  stateDirectory,
  elsewhere = null,
  environment,
  machine = machineHere(root, environment),
}: EngineHereOptions): Engine {
  return openEngine({
    host: machine.host,
    stateDirectory,
    secrets: secretsHere(root, stateDirectory),
    elsewhere,
    clock: () => new Date(),
    random: () => randomBytes(8).toString('hex'),
    point: (name) => machine.points.point(name),
  });
}
