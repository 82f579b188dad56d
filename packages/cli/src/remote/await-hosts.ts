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

/** How a host stood before anything was assigned. */
interface Before {
  readonly transactionId: string | null;
  readonly generation: number;
}

export type Since = ReadonlyMap<HostId, Before>;

const pollMs = 250;
/** Agents tell of the generation that they reached a moment before they tell of the transaction. */
const transactionGraceMs = 2_000;

export async function standingOf(client: Client, hosts: readonly HostId[]): Promise<Since> {
  const standing = hosts.map(async (hostId) => {
    const [newest, { desired }] = await Promise.all([
      newestOf(client, hostId),
      client.getHost({ params: { host_id: hostId } }),
    ]);
    return [hostId, { transactionId: newest?.id ?? null, generation: desired.generation }] as const;
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
  const waiting = new Map([...since].map(([hostId, before]) => [hostId, new HostWatch(client, hostId, before)]));
  const outcomes: HostOutcome[] = [];
  while (waiting.size > 0) {
    for (const [hostId, watch] of waiting) {
      const outcome = await watch.look(Date.now());
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

class HostWatch {
  readonly #client: Client;
  readonly #hostId: HostId;
  readonly #before: Before;
  /** When the host was first seen at its generation, without the transaction that took it there. */
  #arrivedMs: number | null = null;

  constructor(client: Client, hostId: HostId, before: Before) {
    this.#client = client;
    this.#hostId = hostId;
    this.#before = before;
  }

  /** Null while it is not decided. */
  async look(nowMs: number): Promise<HostOutcome | null> {
    const hostId = this.#hostId;
    const { desired, connected, applied_generation } = await this.#client.getHost({ params: { host_id: hostId } });
    if (desired.refused !== null) return { type: 'refused', hostId, reason: desired.refused };
    if (!connected) return { type: 'offline', hostId };
    const transaction = await this.#newTransaction();
    if (applied_generation !== desired.generation) {
      return transaction === null || transaction.status === 'committed'
        ? null
        : { type: 'switched', hostId, transaction };
    }
    if (transaction !== null) return { type: 'switched', hostId, transaction };
    if (desired.generation === this.#before.generation) return { type: 'unchanged', hostId };
    this.#arrivedMs ??= nowMs;
    return nowMs - this.#arrivedMs < transactionGraceMs ? null : { type: 'unchanged', hostId };
  }

  async #newTransaction(): Promise<TransactionReport | null> {
    const newest = await newestOf(this.#client, this.#hostId);
    const isNew = newest !== null && newest.id !== this.#before.transactionId && newest.finished_at !== null;
    return isNew ? newest : null;
  }
}

async function newestOf(client: Client, hostId: HostId): Promise<TransactionReport | null> {
  const { items } = await client.getHostHistory({ params: { host_id: hostId }, query: { limit: 1 } });
  return items[0] ?? null;
}
