/** What the figures depend on: the machine, without its name, and the versions of all that ran. */
import { availableParallelism, cpus, release, totalmem } from 'node:os';
import type { Lab } from '@guise/lab';
import { installedVersions } from './prepared-host.ts';
import type { Conditions } from './tables.ts';

export async function readConditions(lab: Lab, runs: number): Promise<Conditions> {
  return {
    date: new Date().toISOString().slice(0, 10),
    runs,
    cores: availableParallelism(),
    memoryGib: Math.round(totalmem() / 2 ** 30),
    processor: cpus()[0]?.model.trim() ?? 'unknown',
    // Without what a distribution or provider appends.
    kernel: /^[\d.]+/.exec(release())?.[0] ?? release(),
    versions: await installedVersions(lab),
    node: process.versions.node,
  };
}
