/**
 * Breaks a host the ways real hosts break, and undoes it.
 *
 * `kill` is a power cut to everything in it; `pause` a hang; `network` a pulled cable; `disk-full` fails every write that needs
 * new space, with "Disk quota exceeded", because hosts share one filesystem and a quota fills only this one's part.
 * Both expect the caller to hold the lab's lock and the pool's.
 * Source: cgroups(7) "cgroup.freeze".
 */
import { GuiseError } from '@guise/model';
import { type Execute, runCommand } from './command.ts';
import { fillDisk, freeDisk } from './disk-quota.ts';
import type { LabContext } from './host-boot.ts';
import type { BreakKind } from './lab-state.ts';
import { hostCgroup, hostRoot } from './names.ts';
import { setHostLink } from './network.ts';
import { enterCommand, hostEnvironment, leaderOf } from './nspawn.ts';

export async function breakHost(context: LabContext, host: string, kind: BreakKind, execute: Execute): Promise<void> {
  const { names, cgroups } = context;
  switch (kind) {
    case 'kill':
      return await cgroups.destroy(hostCgroup(names, host));
    case 'pause':
      return cgroups.freeze(hostCgroup(names, host), true);
    case 'network':
      return await setHostLink(names, await peerIndex(context, host), 'down', execute);
    case 'disk-full':
      return await fillDisk(names.pool, hostRoot(names, host), execute);
  }
}

/** A killed host is not booted here: the caller does that once its record says that it is whole. */
export async function mendHost(context: LabContext, host: string, kind: BreakKind, execute: Execute): Promise<void> {
  const { names, cgroups } = context;
  switch (kind) {
    case 'kill':
      return;
    case 'pause':
      if (cgroups.isFrozen(hostCgroup(names, host))) cgroups.freeze(hostCgroup(names, host), false);
      return;
    case 'network':
      // A host that has ended took its link with it.
      if (leaderOf(cgroups, names, host) === undefined) return;
      return await setHostLink(names, await peerIndex(context, host), 'up', execute);
    case 'disk-full':
      return await freeDisk(names.pool, hostRoot(names, host), execute);
  }
}

/** The number that the machine gives to its own end of the host's cable. */
async function peerIndex({ names, cgroups }: LabContext, host: string): Promise<number> {
  const leader = leaderOf(cgroups, names, host);
  if (leader === undefined)
    throw new GuiseError('host_unavailable', `Cannot reach the link of ${host}: it does not run`);
  const question = enterCommand(leader, ['cat', '/sys/class/net/host0/iflink']);
  return Number((await runCommand(question, { env: hostEnvironment })).stdout);
}
