/**
 * Flows in the database: which are due, who takes their next step, and what came of it.
 *
 * A claim is for a time and is renewed while the step runs. A process that is killed stops renewing, so another
 * claims the step; one that was only slow finds that its claim is not the last, and writes nothing.
 */
import type { Json } from '@guise/model';
import { sql } from 'kysely';
import type { Database, Executor } from './database.ts';
import { jsonbText } from './jsonb-text.ts';

export interface FlowRow {
  readonly flow_id: string;
  readonly kind: string;
  readonly step: string;
  readonly data: Json;
  /** Failures of this step in a row. */
  readonly attempts: number;
  readonly claim: string;
  /** The database's clock as it was claimed. */
  readonly now: Date;
}

export async function insertFlow(tx: Executor, kind: string, step: string, data: Json): Promise<string> {
  const { flow_id } = await tx
    .insertInto('flows')
    .values({ kind, step, data: jsonbText(data) })
    .returning('flow_id')
    .executeTakeFirstOrThrow();
  return flow_id;
}

/** At most `count` of those that are due and nobody's, claimed. */
export async function claimFlows(
  database: Database,
  kinds: readonly string[],
  { count, claimMs }: { readonly count: number; readonly claimMs: number },
): Promise<readonly FlowRow[]> {
  const { rows } = await sql<FlowRow>`
    update flows set claim = claim + 1, woken = false, claimed_until = now() + ${claimMs} * interval '1 millisecond'
    where flow_id in (
      select flow_id from flows
      where ended_at is null and due_at <= now() and kind = any(${kinds}::text[])
        and (claimed_until is null or claimed_until < now())
      order by due_at for update skip locked limit ${count}
    )
    returning flow_id, kind, step, data, attempts, claim, now() as now`.execute(database);
  return rows;
}

/** False when it is another's by now. */
export async function renewClaim(database: Database, { flow_id, claim }: FlowRow, claimMs: number): Promise<boolean> {
  const { numUpdatedRows } = await database
    .updateTable('flows')
    .set({ claimed_until: sql<Date>`now() + ${claimMs} * interval '1 millisecond'` })
    .where('flow_id', '=', flow_id)
    .where('claim', '=', claim)
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

/** Lets another take the step at once. */
export async function releaseClaim(database: Database, { flow_id, claim }: FlowRow): Promise<void> {
  await database
    .updateTable('flows')
    .set({ claimed_until: null })
    .where('flow_id', '=', flow_id)
    .where('claim', '=', claim)
    .execute();
}

export interface NextStep {
  readonly step: string;
  readonly data: Json;
  readonly attempts: number;
  /** Null is at once. */
  readonly dueAt: Date | null;
  readonly ended: boolean;
}

/** Locks the flow until the transaction ends. False when it is another's by now, and then nothing may be written. */
export async function stepTaken(tx: Executor, { flow_id, claim }: FlowRow, next: NextStep): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable('flows')
    .set({
      step: next.step,
      data: jsonbText(next.data),
      attempts: next.attempts,
      // What woke it while the step ran may be news that the step has not seen.
      due_at: sql<Date>`case when woken then now() else coalesce(${next.dueAt}::timestamptz, now()) end`,
      woken: false,
      claimed_until: null,
      ended_at: next.ended ? sql<Date>`now()` : null,
    })
    .where('flow_id', '=', flow_id)
    .where('claim', '=', claim)
    .where('ended_at', 'is', null)
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

/** Makes it look again at once; whoever has it in hand looks again afterwards. Signal `flow` in the same transaction. */
export async function wakeFlow(tx: Executor, flowId: string): Promise<void> {
  await wakeFlows(tx, [flowId]);
}

/** Locked in one order, so that two that wake the same ones do not wait for each other. */
export async function wakeFlows(tx: Executor, flowIds: readonly string[]): Promise<void> {
  if (flowIds.length === 0) return;
  await sql`with locked as (
      select flow_id from flows where flow_id = any(${flowIds}::uuid[]) and ended_at is null order by flow_id for update
    )
    update flows set due_at = now(), woken = true from locked where flows.flow_id = locked.flow_id`.execute(tx);
}

/** Milliseconds until one is due or its claim ends, by the database's clock; null when there is none. */
export async function nextDueMs(database: Database, kinds: readonly string[]): Promise<number | null> {
  const { rows } = await sql<{ wait: number | null }>`
    select ceil(extract(epoch from min(greatest(due_at, coalesce(claimed_until, due_at))) - now()) * 1000)::float8 as wait
    from flows where ended_at is null and kind = any(${kinds}::text[])`.execute(database);
  return rows[0]?.wait ?? null;
}
