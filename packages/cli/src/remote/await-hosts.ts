/**
 * Waits until hosts have become what they are assigned, or failed to.
 *
 * A host is through when it has told what the generation desired of it came to; its transaction is in its history by then. An
 * error that passes, such as another switch under way, is not the end: the agent tries again. Polls, because a poll survives a
 * control plane that restarts meanwhile. Bounded by `limits.transactionTimeoutMs`.
 * Throws: `host_unavailable` when it is over and a host has not answered.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { Client, SwitchOutcome } from '@guise/api';
import { errorFrom } from '@guise/api';
import { GuiseError, type HostId, limits, retryable, type TransactionReport } from '@guise/model';

export type HostOutcome =
  | { readonly type: 'unchanged'; readonly hostId: HostId }
  | { readonly type: 'switched'; readonly hostId: HostId; readonly transaction: TransactionReport }
  /** Before anything was changed. */
  | { readonly type: 'failed'; readonly hostId: HostId; readonly reason: string }
  | { readonly type: 'refused'; readonly hostId: HostId; readonly reason: string }
  | { readonly type: 'offline'; readonly hostId: HostId };

/** The generation that was desired of each host before anything was assigned. */
export type Since = ReadonlyMap<HostId, number>;

const pollMs = 250;

export async function standingOf(client: Client, hosts: readonly HostId[]): Promise<Since> {
  const standing = hosts.map(async (hostId) => {
    const { desired } = await client.getHost({ params: { host_id: hostId } });
    return [hostId, desired.generation] as const;
  });
  return new Map(await Promise.all(standing));
}

interface WaitOptions {
  readonly tell: (line: string) => void;
  /** Stops waiting; the hosts go on. */
  readonly signal?: AbortSignal;
}

export async function awaitHosts(
  client: Client,
  since: Since,
  { tell, signal }: WaitOptions,
): Promise<readonly HostOutcome[]> {
  const deadlineMs = Date.now() + limits.transactionTimeoutMs;
  const waiting = new Map(since);
  const outcomes: HostOutcome[] = [];
  while (waiting.size > 0) {
    for (const [hostId, generationBefore] of waiting) {
      const outcome = await outcomeOf(client, hostId, generationBefore);
      if (outcome === null) continue;
      waiting.delete(hostId);
      outcomes.push(outcome);
    }
    if (waiting.size === 0) break;
    const names = [...waiting.keys()].join(', ');
    if (Date.now() > deadlineMs) {
      throw new GuiseError('host_unavailable', `Cannot tell what became of ${names}: no answer in time`);
    }
    tell(`waiting for ${names}`);
    await delay(pollMs, undefined, signal === undefined ? {} : { signal });
  }
  return outcomes;
}

/** Null while it is not decided. */
async function outcomeOf(client: Client, hostId: HostId, generationBefore: number): Promise<HostOutcome | null> {
  const { desired, connected, outcome } = await client.getHost({ params: { host_id: hostId } });
  if (desired.refused !== null) return { type: 'refused', hostId, reason: desired.refused };
  const isSame = desired.generation === generationBefore;
  // Where nothing was ever desired, nothing is sent, and there is nothing to wait for.
  if (isSame && desired.generation === 0) return { type: 'unchanged', hostId };
  if (outcome?.generation === desired.generation) return toldOutcome(client, hostId, outcome, isSame);
  return connected ? null : { type: 'offline', hostId };
}

async function toldOutcome(
  client: Client,
  hostId: HostId,
  { result, transaction_id, error }: SwitchOutcome,
  isSame: boolean,
): Promise<HostOutcome | null> {
  switch (result) {
    case 'unchanged':
      return { type: 'unchanged', hostId };
    case 'failed': {
      const failure = errorFrom({ error: error ?? noError }, 'command_failed');
      return retryable(failure.kind) ? null : { type: 'failed', hostId, reason: failure.message };
    }
    case 'committed':
      if (isSame) return { type: 'unchanged', hostId };
      break;
    case 'rolled_back':
    case 'stuck':
      break;
  }
  const { items } = await client.getHostHistory({ params: { host_id: hostId }, query: { limit: limits.pageItems } });
  const transaction = items.find(({ id }) => id === transaction_id);
  if (transaction !== undefined) return { type: 'switched', hostId, transaction };
  return { type: 'failed', hostId, reason: `it is ${result}, and its history does not have that switch` };
}

const noError = { code: 'command_failed', message: 'it did not say why', problems: [] };
