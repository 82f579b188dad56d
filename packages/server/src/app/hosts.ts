/**
 * Hosts as people see and arrange them.
 *
 * Throws: `host_not_found`, `limit_exceeded`, `lease_conflict`.
 */
import type { HostId } from '@guise/model';
import { GuiseError, limits } from '@guise/model';
import { endActivationsOn } from '../store/activations.ts';
import { deleteAssignmentsTo, lockAssignmentsTo, summaryOf } from '../store/assignments.ts';
import type { Database, Executor } from '../store/database.ts';
import { mutate } from '../store/database.ts';
import { groupsOf, lockHostGroup, replaceHostGroup } from '../store/host-groups.ts';
import type { Host } from '../store/hosts.ts';
import { deleteHost, findHost, lockTags, setTags, unknownHosts } from '../store/hosts.ts';
import { dropEndedLeases } from '../store/leases.ts';
import { signalsForHosts } from '../store/signal.ts';
import type { Caller } from './caller.ts';
import type { Trust } from './served-trust.ts';
import { settleDesired } from './settle-desired.ts';
import { stateDigest } from './state-digest.ts';

export async function requireHost(database: Database, hostId: HostId): Promise<Host> {
  const host = await findHost(database, hostId);
  if (host === null) throw noHost(hostId);
  return host;
}

export async function describeHost(database: Database, trust: Trust, hostId: HostId) {
  const host = await requireHost(database, hostId);
  const settled = (await settleDesired(database, trust, [hostId])).get(hostId);
  if (settled === undefined) throw noHost(hostId);
  return {
    ...host,
    groups: await groupsOf(database, hostId),
    desired: {
      generation: settled.row.generation,
      layers: settled.layers.map(({ digest: _digest, rollback: _rollback, ...layer }) => ({
        ...layer,
        parameters: { ...layer.parameters },
      })),
      suspended: settled.row.suspendedDigest !== null,
      refused: settled.row.refused,
    },
    applied_generation: settled.row.appliedGeneration,
    outcome: settled.row.outcome,
  };
}

export async function tagHost(
  database: Database,
  caller: Caller,
  hostId: HostId,
  tags: Record<string, string>,
  requireChanged: (tx: Executor, tags: readonly string[]) => Promise<void>,
): Promise<void> {
  const count = Object.keys(tags).length;
  if (count > limits.tagsPerHost) {
    throw new GuiseError(
      'limit_exceeded',
      `Cannot give "${hostId}" ${count} tags: at most ${limits.tagsPerHost} are allowed`,
    );
  }
  await mutate(database, caller.actor, async (tx) => {
    const before = await lockTags(tx, hostId);
    if (before === null) throw noHost(hostId);
    // Before the change: by it a host could come under what permits it.
    await requireChanged(tx, changedTags(before, tags));
    await setTags(tx, hostId, tags);
    return {
      value: undefined,
      audit: {
        action: caller.action,
        resource: `host/${hostId}`,
        detail: { tags },
        before: stateDigest(before),
        after: stateDigest(tags),
      },
      signals: [...signalsForHosts([hostId]), { type: 'event', event: 'host.tagged', subject: hostId }],
    };
  });
}

/** Its own assignments go with it; nothing on the machine changes. One that somebody has, or has booked, stays. */
export async function forgetHost(database: Database, caller: Caller, hostId: HostId): Promise<void> {
  await mutate(database, caller.actor, async (tx) => {
    const tags = await lockTags(tx, hostId);
    if (tags === null) throw noHost(hostId);
    const lease = await dropEndedLeases(tx, hostId);
    if (lease !== null) throw lease;
    const assigned = await lockAssignmentsTo(tx, { type: 'host', name: hostId });
    await endActivationsOn(tx, hostId);
    await deleteHost(tx, hostId);
    await deleteAssignmentsTo(tx, { type: 'host', name: hostId });
    return {
      value: undefined,
      audit: {
        action: caller.action,
        resource: `host/${hostId}`,
        detail: {},
        before: stateDigest({ tags, assigned: assigned.map(summaryOf) }),
        after: null,
      },
      signals: [
        ...signalsForHosts([hostId]),
        { type: 'identity', host_id: hostId },
        { type: 'event', event: 'host.deleted', subject: hostId },
      ],
    };
  });
}

export async function putHostGroup(
  database: Database,
  caller: Caller,
  group: string,
  hosts: readonly HostId[],
  requireChanged: (tx: Executor, hosts: readonly string[]) => Promise<void>,
): Promise<{ readonly group: string; readonly hosts: HostId[] }> {
  const distinct = [...new Set(hosts)].sort();
  return mutate(database, caller.actor, async (tx) => {
    const before = await lockHostGroup(tx, group);
    const members = new Set(before);
    // Before the change, as with tags; and before it is told whether there are such hosts.
    await requireChanged(tx, [...members.symmetricDifference(new Set<string>(distinct))]);
    const [unknown] = await unknownHosts(tx, distinct);
    if (unknown !== undefined) throw noHost(unknown);
    const changed = await replaceHostGroup(tx, group, distinct);
    return {
      value: { group, hosts: distinct },
      audit: {
        action: caller.action,
        resource: `group/${group}`,
        detail: { hosts: distinct },
        before: stateDigest(before),
        after: stateDigest(distinct),
      },
      signals: [...signalsForHosts(changed), { type: 'event', event: 'host_group.changed', subject: group }],
    };
  });
}

function changedTags(before: Readonly<Record<string, string>>, after: Readonly<Record<string, string>>): string[] {
  const written = (tags: Readonly<Record<string, string>>) =>
    new Set(Object.entries(tags).map(([key, value]) => `${key}=${value}`));
  return [...written(before).symmetricDifference(written(after))].sort();
}

export function noHost(hostId: string): GuiseError {
  return new GuiseError('host_not_found', `Cannot find the host "${hostId}"`);
}
