/**
 * What webhooks are still to be told: written with what it tells, and taken by whichever process is first.
 *
 * Invariants: nobody takes more of a webhook while `limits.webhookDeliveriesAtOnce` of it are in hand, so a slow receiver keeps no other
 * waiting; what a process writes of one counts only while it has it.
 */
import type { Json } from '@guise/model';
import { limits } from '@guise/model';
import type { Selectable } from 'kysely';
import { sql } from 'kysely';
import type { Database, Executor } from './database.ts';
import { jsonbText } from './jsonb-text.ts';
import type { Page, PageRequest } from './page.ts';
import { pageOf } from './page.ts';
import type { Tables } from './tables.ts';

export interface Happening {
  readonly event: string;
  readonly subject: string;
  readonly data?: Json;
}

export interface Delivery {
  readonly delivery_id: string;
  readonly event_id: string;
  readonly type: string;
  readonly subject: string;
  readonly state: 'waiting' | 'delivered' | 'failed';
  readonly attempts: number;
  readonly happened_at: string;
  readonly due_at: string | null;
  readonly ended_at: string | null;
  readonly status: number | null;
  readonly error: string | null;
}

/** With all that it takes to send it. */
export interface ClaimedDelivery {
  readonly delivery_id: string;
  readonly webhook_id: string;
  readonly url: string;
  readonly event_id: string;
  readonly type: string;
  readonly subject: string;
  readonly data: Json | null;
  readonly happened_at: Date;
  readonly attempts: number;
  readonly ageMs: number;
}

/** One for each webhook that wants its type; the number of them. News of webhooks go to none, or a failing one would feed itself. */
export async function insertDeliveries(tx: Executor, happenings: readonly Happening[]): Promise<number> {
  const { numAffectedRows = 0n } = await sql`
    insert into webhook_deliveries (webhook_id, event_id, type, subject, data)
    select w.webhook_id, h.event_id, h.event, h.subject, h.data
    from (
      select gen_random_uuid() as event_id, r.* from jsonb_to_recordset(${jsonbText(happenings)}::jsonb)
        as r(event text, subject text, data jsonb)
    ) h join webhooks w on w.disabled_at is null and not starts_with(h.event, 'webhook.') and exists (
      select from unnest(w.types) as t
      where t = '*' or t = h.event or (right(t, 2) = '.*' and starts_with(h.event, left(t, -1)))
    )`.execute(tx);
  return Number(numAffectedRows);
}

/** To one webhook, whatever it wants. */
export async function insertDelivery(
  tx: Executor,
  webhookId: string,
  { event, subject }: Happening,
): Promise<Delivery> {
  const row = await tx
    .insertInto('webhook_deliveries')
    .values({ webhook_id: webhookId, event_id: sql<string>`gen_random_uuid()`, type: event, subject })
    .returningAll()
    .executeTakeFirstOrThrow();
  return deliveryOf(row);
}

export async function claimDeliveries(
  database: Database,
  { count, claimMs }: { readonly count: number; readonly claimMs: number },
): Promise<readonly ClaimedDelivery[]> {
  const { rows } = await sql<Omit<ClaimedDelivery, 'ageMs'> & { age_ms: number }>`
    with due as (
      select d.delivery_id, w.url
      from (select webhook_id, url from webhooks where disabled_at is null for no key update skip locked) w cross join lateral (
        select delivery_id, due_at from webhook_deliveries
        where webhook_id = w.webhook_id and state = 'waiting' and due_at <= now()
          and (claimed_until is null or claimed_until <= now())
        order by due_at, sequence
        limit greatest(0, ${limits.webhookDeliveriesAtOnce} - (
          select count(*) from webhook_deliveries
          where webhook_id = w.webhook_id and state = 'waiting' and claimed_until > now()))
        for update skip locked
      ) d order by d.due_at limit ${count}
    )
    update webhook_deliveries d set attempts = attempts + 1, claimed_until = now() + make_interval(secs => ${claimMs / 1000})
    from due where d.delivery_id = due.delivery_id
    returning d.delivery_id, d.webhook_id, due.url, d.event_id, d.type, d.subject, d.data, d.happened_at, d.attempts,
      (extract(epoch from now() - d.happened_at) * 1000)::float8 as age_ms`.execute(database);
  return rows.map(({ age_ms, ...row }) => ({ ...row, ageMs: age_ms }));
}

export interface Ending {
  readonly state: 'delivered' | 'failed';
  readonly status: number | null;
  readonly error: string | null;
}

/** False when another process has it by now. */
export async function endDelivery(tx: Executor, claimed: ClaimedDelivery, ending: Ending): Promise<boolean> {
  return update(tx, claimed, { ...ending, ended_at: sql<Date>`now()`, claimed_until: null });
}

/** To be tried again; without a fault it was only cut short, and that was no attempt. */
export async function putOff(
  db: Executor,
  claimed: ClaimedDelivery,
  { waitMs, status, error }: { readonly waitMs: number; readonly status: number | null; readonly error: string | null },
): Promise<void> {
  const due_at = sql<Date>`now() + make_interval(secs => ${waitMs / 1000} * (0.8 + 0.4 * random()))`;
  await update(db, claimed, {
    due_at,
    claimed_until: null,
    ...(error === null ? { attempts: claimed.attempts - 1 } : { status, error }),
  });
}

/** Until the next is due or its claim ends; null when there is none. What is due already waits for another to end, which whoever has that one sees. */
export async function nextDeliveryMs(database: Database): Promise<number | null> {
  const { rows } = await sql<{ wait: number | null }>`
    select ceil(extract(epoch from min(at) - now()) * 1000)::float8 as wait
    from (select greatest(due_at, claimed_until) as at from webhook_deliveries where state = 'waiting') waiting
    where at > now()`.execute(database);
  return rows[0]?.wait ?? null;
}

/** Newest first. */
export async function listDeliveries(db: Executor, webhookId: string, page: PageRequest): Promise<Page<Delivery>> {
  let query = db
    .selectFrom('webhook_deliveries')
    .selectAll()
    .where('webhook_id', '=', webhookId)
    .orderBy('sequence', 'desc')
    .limit(page.limit + 1);
  if (page.cursor !== undefined) query = query.where('sequence', '<', page.cursor);
  const { items, next_cursor } = pageOf(await query.execute(), page.limit, ({ sequence }) => sequence);
  return { items: items.map(deliveryOf), next_cursor };
}

/** Those of which something waits in vain: they are disabled, or too much waits. */
export async function webhooksWithUnwanted(db: Executor): Promise<readonly string[]> {
  const { rows } = await sql<{ webhook_id: string }>`
    select w.webhook_id from webhooks w join webhook_deliveries d using (webhook_id) where d.state = 'waiting'
    group by w.webhook_id having w.disabled_at is not null or count(*) > ${limits.webhookDeliveriesWaiting}
    order by 1`.execute(db);
  return rows.map(({ webhook_id }) => webhook_id);
}

/** All that wait for a disabled one; else the oldest of too many. None that is being sent. */
export async function failUnwanted(
  tx: Executor,
  webhookId: string,
): Promise<{ readonly count: number; readonly error: string }> {
  const { rows } = await sql<{ error: string }>`
    with placed as (
      select d.delivery_id, d.claimed_until > now() as is_in_hand, w.disabled_at is not null as is_disabled,
        row_number() over (order by d.sequence desc) as place
      from webhook_deliveries d join webhooks w using (webhook_id) where webhook_id = ${webhookId} and d.state = 'waiting'
    )
    update webhook_deliveries d set state = 'failed', ended_at = now(), claimed_until = null,
      error = case when p.is_disabled then 'the webhook is disabled' else 'too many were waiting' end
    from placed p where p.delivery_id = d.delivery_id and p.is_in_hand is not true
      and (p.is_disabled or p.place > ${limits.webhookDeliveriesWaiting})
    returning d.error`.execute(tx);
  return { count: rows.length, error: rows[0]?.error ?? '' };
}

/** Clears away what ended long ago. Any process may, at any time. */
export async function sweepDeliveries(db: Executor): Promise<void> {
  await sql`delete from webhook_deliveries where state <> 'waiting'
    and ended_at < now() - make_interval(secs => ${sql.lit(limits.webhookDeliveryKeptMs / 1000)})`.execute(db);
}

async function update(db: Executor, { delivery_id, attempts }: ClaimedDelivery, values: object): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('webhook_deliveries')
    .set(values)
    .where('delivery_id', '=', delivery_id)
    .where('attempts', '=', attempts)
    .where('state', '=', 'waiting')
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

function deliveryOf(row: Selectable<Tables['webhook_deliveries']>): Delivery {
  const { delivery_id, event_id, type, subject, state, attempts, status, error } = row;
  return {
    delivery_id,
    event_id,
    type,
    subject,
    state,
    // One that is being sent has not failed yet.
    attempts: state === 'waiting' && row.claimed_until !== null ? attempts - 1 : attempts,
    happened_at: row.happened_at.toISOString(),
    due_at: state === 'waiting' ? row.due_at.toISOString() : null,
    ended_at: row.ended_at?.toISOString() ?? null,
    status,
    error,
  };
}
