/**
 * Holds: a person's decision that outranks triggers on one host until it ends by itself. The host keeps it; here it is asked for.
 *
 * The audit tells of it before the agent does it, and again when the agent did not, so nothing is done that is not recorded.
 * Throws: as asking a host does; `argument_invalid` for an end that is past or too far; `hold_not_found`.
 */
import { randomUUID } from 'node:crypto';
import type { Digest, Hold, HostId, Json } from '@guise/model';
import { durationMs, GuiseError, limits } from '@guise/model';
import { findAdaptation } from '../store/adaptations.ts';
import type { AuditRecord } from '../store/audit.ts';
import type { Database } from '../store/database.ts';
import { mutate } from '../store/database.ts';
import type { AskHost } from './ask-host.ts';
import type { Caller } from './caller.ts';
import { requireHost } from './hosts.ts';
import { stateDigest } from './state-digest.ts';

export interface HoldRequest {
  readonly instance: string | null;
  readonly effect: Hold['effect'];
  readonly for?: string | undefined;
  readonly until?: string | undefined;
  readonly reason: string;
}

interface Parts {
  readonly database: Database;
  readonly ask: AskHost;
}

export async function createHold(
  { database, ask }: Parts,
  caller: Caller,
  hostId: HostId,
  request: HoldRequest,
): Promise<Hold> {
  await requireHost(database, hostId);
  const { instance, effect, reason } = request;
  const fromMs = Date.now();
  const untilMs = endOf(request, fromMs);
  const hold = {
    id: randomUUID(),
    instance,
    effect,
    reason,
    owner: caller.actor,
    from: new Date(fromMs).toISOString(),
    until: new Date(untilMs).toISOString(),
  };
  const detail = { hold: { ...hold } };
  const digests = { before: null, after: stateDigest({ ...hold }) };
  return recorded(database, caller, { hostId, event: 'host.held', detail, digests }, () =>
    ask(hostId, { ask: 'hold', hold }),
  );
}

export async function releaseHold(
  { database, ask }: Parts,
  caller: Caller,
  hostId: HostId,
  holdId: string,
): Promise<void> {
  await requireHost(database, hostId);
  const detail = { released: holdId };
  const { holds } = await findAdaptation(database, hostId, Date.now());
  const known = holds.find(({ id }) => id === holdId);
  const digests = { before: stateDigest(known === undefined ? null : { ...known }), after: null };
  await recorded(database, caller, { hostId, event: 'host.released', detail, digests }, async () => {
    const { released } = await ask(hostId, { ask: 'release', hold_id: holdId });
    if (!released) throw new GuiseError('hold_not_found', `Cannot find the hold ${holdId} on "${hostId}"`);
  });
}

function endOf(request: HoldRequest, fromMs: number): number {
  const untilMs = request.until === undefined ? fromMs + durationMs(request.for ?? '') : Date.parse(request.until);
  if (untilMs > fromMs && untilMs <= fromMs + limits.holdMaxMs) return untilMs;
  const longest = `${limits.holdMaxMs / 86_400_000} days`;
  throw new GuiseError(
    'argument_invalid',
    `Cannot hold until ${request.until ?? `${request.for} from now`}: it must end after now and within ${longest}`,
  );
}

interface Deed {
  readonly hostId: HostId;
  /** For people who watch. */
  readonly event: string;
  readonly detail: { readonly [key: string]: Json };
  readonly digests: { readonly before: Digest | null; readonly after: Digest | null };
}

async function recorded<Value>(
  database: Database,
  caller: Caller,
  { hostId, event, detail, digests }: Deed,
  act: () => Promise<Value>,
): Promise<Value> {
  const record = (what: Pick<AuditRecord, 'detail' | 'before' | 'after' | 'outcome'>) =>
    mutate(database, caller.actor, async () => ({
      value: undefined,
      audit: { action: caller.action, resource: `host/${hostId}`, ...what },
      signals: [{ type: 'event', event, subject: hostId }],
    }));
  await record({ detail, ...digests });
  try {
    return await act();
  } catch (error) {
    const undone = { ...detail, undone: 'the agent did not do it' };
    await record({ detail: undone, before: digests.after, after: digests.before, outcome: 'failed' });
    throw error;
  }
}
