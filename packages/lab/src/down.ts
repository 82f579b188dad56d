/**
 * Removes all that a lab has made, also what an `up` that was killed at any instant left behind.
 *
 * It looks for what exists instead of believing a record, so it can itself be killed and run again. What labs share goes with
 * the last one: the mount, the loop device, the machine's settings, the parent cgroup. The base image stays, unless purged.
 */
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { removePartialBases } from './base-image.ts';
import type { Execute } from './command.ts';
import { removeQuotas } from './disk-quota.ts';
import type { LabContext } from './host-boot.ts';
import { acquireLocks } from './lock.ts';
import { restoreSettings } from './machine-settings.ts';
import { cgroupParent } from './names.ts';
import { closeNetwork } from './network.ts';
import { removeMachineTraces } from './nspawn.ts';
import { closePool, deleteSubvolumes, labsIn, openPool } from './pool.ts';

export async function bringDown(context: LabContext, purge: boolean): Promise<void> {
  const { names, cgroups, report } = context;
  using lock = await acquireLocks(names.lock, names.pool.lock);
  const { execute } = lock;
  await cgroups.destroy(names.cgroup);
  await closeNetwork(names, execute);
  await removeRoots(context, execute);
  rmSync(names.stateDirectory, { recursive: true, force: true });
  const others = labsIn(names.pool);
  if (others.length === 0) await closeShared(context, purge, execute);
  else if (purge) report(`kept the base image: ${others.join(', ')} still use it`);
  report(`lab "${names.name}" is down`);
}

async function removeRoots({ names }: LabContext, execute: Execute): Promise<void> {
  if (!existsSync(names.pool.image)) return;
  await openPool(names.pool, execute);
  if (!existsSync(names.roots)) return;
  for (const entry of readdirSync(names.roots)) await removeMachineTraces(names, entry);
  await deleteSubvolumes(names.pool, [names.roots], execute);
  rmSync(names.roots, { recursive: true, force: true });
}

async function closeShared({ names, cgroups, report }: LabContext, purge: boolean, execute: Execute): Promise<void> {
  const { pool } = names;
  if (existsSync(pool.image)) {
    await removePartialBases({ pool, cgroups, execute, report });
    await removeQuotas(pool, execute);
  }
  await closePool(pool, execute);
  await restoreSettings(names.directory);
  cgroups.removeIfEmpty(cgroupParent);
  for (const path of [pool.labs, `${pool.image}.partial`, ...(purge ? [pool.image] : [])]) {
    rmSync(path, { recursive: true, force: true });
  }
}
