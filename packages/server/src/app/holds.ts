/**
 * Holds: a person's decision that outranks triggers on one host until it ends by itself. The host keeps it; here it is asked for.
 *
 * The audit tells of it before the agent does it, and again when the agent did not, so nothing is done that is not recorded.
 * Throws: as asking a host does; `argument_invalid` for an end that is past or too far; `hold_not_found`.
 */
import { randomUUID } from 'node:crypto';
import type { Hold, HostId, Json } from '@guise/model';
import { durationMs, GuiseError, limits } from '@guise/model';
import type { Database } from '../store/database.ts';
import { mutate } from '../store/database.ts';
import type { AskHost } from './ask-host.ts';
import type { Caller } from './caller.ts';
import { requireHost } from './hosts.ts';

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
  return recorded(database, caller, { hostId, event: 'host.held', detail }, () => ask(hostId, { ask: 'hold', hold }));
}

export async function releaseHold(
  { database, ask }: Parts,
  caller: Caller,
  hostId: HostId,
  holdId: string,
): Promise<void> {
  await requireHost(database, hostId);
  const detail = { released: holdId };
  await recorded(database, caller, { hostId, event: 'host.released', detail }, async () => {
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
}

async function recorded<Value>(
  database: Database,
  caller: Caller,
  { hostId, event, detail }: Deed,
  act: () => Promise<Value>,
): Promise<Value> {
  const record = (what: Deed['detail']) =>
    mutate(database, caller.actor, async () => ({
      value: undefined,
      audit: { action: caller.action, resource: `host/${hostId}`, detail: what },
      signals: [{ type: 'event', event, subject: hostId }],
    }));
  await record(detail);
  try {
    return await act();
  } catch (error) {
    await record({ ...detail, undone: 'the agent did not do it' });
    throw error;
  }
}
