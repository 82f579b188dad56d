/**
 * Waits until hosts have become what they are assigned, or failed to.
 *
 * A host is through when it reports the generation desired of it, or when its newest transaction since `since` ended badly.
 * Polls, because a poll survives a control plane that restarts meanwhile. Bounded by `limits.transactionTimeoutMs`.
 * Throws: `host_unavailable` when it is over and a host has not answered.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { Client } from '@guise/api';
import { GuiseError, type HostId, limits, type TransactionReport } from '@guise/model';

export type HostOutcome =
  | { readonly type: 'unchanged'; readonly hostId: HostId }
  | { readonly type: 'switched'; readonly hostId: HostId; readonly transaction: TransactionReport }
  | { readonly type: 'refused'; readonly hostId: HostId; readonly reason: string }
  | { readonly type: 'offline'; readonly hostId: HostId };

/** Host → its newest transaction, taken before anything was assigned. */
export type Since = ReadonlyMap<HostId, string | null>;

const pollMs = 250;

export async function newestTransactions(client: Client, hosts: readonly HostId[]): Promise<Since> {
  const newest = await Promise.all(hosts.map(async (hostId) => [hostId, (await newestOf(client, hostId))?.id ?? null] as const));
  return new Map(newest);
}

export async function awaitHosts(
  client: Client,
  since: Since,
  tell: (line: string) => void,
): Promise<readonly HostOutcome[]> {
  const deadlineMs = Date.now() + limits.transactionTimeoutMs;
  const waiting = new Map(since);
  const outcomes: HostOutcome[] = [];
  while (waiting.size > 0) {
    for (const [hostId, before] of waiting) {
      const outcome = await outcomeOf(client, hostId, before);
      if (outcome === null) continue;
      waiting.delete(hostId);
      outcomes.push(outcome);
    }
    if (waiting.size === 0) break;
    if (Date.now() > deadlineMs) {
      throw new GuiseError('host_unavailable', `Cannot tell what became of ${[...waiting.keys()].join(', ')}: no answer in time`);
    }
    tell(`waiting for ${[...waiting.keys()].join(', ')}`);
    await delay(pollMs);
  }
  return outcomes;
}

/** Null while it is not decided. */
async function outcomeOf(client: Client, hostId: HostId, before: string | null): Promise<HostOutcome | null> {
  const host = await client.getHost({ params: { host_id: hostId } });
  if (host.desired.refused !== null) return { type: 'refused', hostId, reason: host.desired.refused };
  if (!host.connected) return { type: 'offline', hostId };
  const newest = await newestOf(client, hostId);
  const transaction = newest !== null && newest.id !== before && newest.finished_at !== null ? newest : null;
  if (host.applied_generation === host.desired.generation) {
    return transaction === null ? { type: 'unchanged', hostId } : { type: 'switched', hostId, transaction };
  }
  return transaction !== null && transaction.status !== 'committed' ? { type: 'switched', hostId, transaction } : null;
}

async function newestOf(client: Client, hostId: HostId): Promise<TransactionReport | null> {
  const { items } = await client.getHostHistory({ params: { host_id: hostId }, query: { limit: 1 } });
  return items[0] ?? null;
}
