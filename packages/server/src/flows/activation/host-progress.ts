/**
 * How far a host is with what is desired of it now: done, failed and why, or not there yet.
 *
 * What was desired before counts for nothing; so whatever else is assigned to the host meanwhile, this is about all of it.
 */
import { errorFrom } from '@guise/api';
import { type HostId, limits, retryable } from '@guise/model';
import type { Settled } from '../../app/settle-desired.ts';
import { settleDesired } from '../../app/settle-desired.ts';
import type { Database } from '../../store/database.ts';
import { findHost, type Host } from '../../store/hosts.ts';
import { transactionError } from '../../store/reports.ts';
import type { ActivationParts } from './activation-flow.ts';

export type Progress =
  | { readonly type: 'done' }
  /** `isAway`: nobody knows what it is. */
  | { readonly type: 'failed'; readonly reason: string; readonly isAway: boolean }
  | { readonly type: 'waiting'; readonly isAway: boolean }
  /** It is a host of the fleet no more. */
  | { readonly type: 'gone' };

const unsaid = 'it did not say why';

export async function hostProgress(
  { database, trust, hostGoneMs = limits.activationHostGoneMs }: ActivationParts,
  hostId: HostId,
  { sinceMs, nowMs }: { readonly sinceMs: number; readonly nowMs: number },
): Promise<Progress> {
  const settled = (await settleDesired(database, trust, [hostId])).get(hostId);
  const host = await findHost(database, hostId);
  if (settled === undefined || host === null) return { type: 'gone' };
  return (
    (await toldBy(database, settled)) ??
    silenceOf(host, { sinceMs, nowMs, hostGoneMs }) ?? { type: 'waiting', isAway: !host.connected }
  );
}

async function toldBy(database: Database, { row }: Settled): Promise<Progress | null> {
  const { hostId, generation, outcome, refused, suspendedDigest } = row;
  if (refused !== null) return failed(refused);
  if (suspendedDigest !== null) return failed('it was rolled back by hand');
  if (generation === 0) return { type: 'done' };
  if (outcome?.generation !== generation) return null;
  const { result, error, transaction_id } = outcome;
  switch (result) {
    case 'unchanged':
    case 'committed':
      return { type: 'done' };
    case 'failed':
      // The host tries that again by itself.
      if (error !== null && retryable(errorFrom({ error }, 'command_failed').kind)) return null;
      return failed(error?.message ?? unsaid);
    case 'rolled_back':
    case 'stuck': {
      const told = transaction_id === null ? null : await transactionError(database, hostId, transaction_id);
      const what = result === 'stuck' ? 'it could not be rolled back' : 'it was rolled back';
      return failed(`${what}: ${told ?? error?.message ?? unsaid}`);
    }
  }
}

interface Times {
  readonly sinceMs: number;
  readonly nowMs: number;
  readonly hostGoneMs: number;
}

function silenceOf({ connected, last_seen_at }: Host, { sinceMs, nowMs, hostGoneMs }: Times): Progress | null {
  const heardMs = Math.max(sinceMs, last_seen_at === null ? 0 : Date.parse(last_seen_at));
  if (!connected && nowMs - heardMs >= hostGoneMs)
    return { type: 'failed', reason: `it was not heard of for ${hostGoneMs / 1000} s`, isAway: true };
  if (connected && nowMs - sinceMs >= limits.transactionTimeoutMs)
    return failed(`it was not done in ${limits.transactionTimeoutMs / 60_000} minutes`);
  return null;
}

function failed(reason: string): Progress {
  return { type: 'failed', reason, isAway: false };
}
