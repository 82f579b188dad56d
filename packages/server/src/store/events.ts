/** Events on their way to hosts, and the keys by which one that comes again is known. */
import type { CloudEvent } from '@guise/model';
import { limits } from '@guise/model';
import { sql } from 'kysely';
import type { Executor } from './database.ts';

export interface PostedEvent {
  readonly sequence: string;
  readonly event: CloudEvent;
}

/** The keys that were not there. Taken in their order, so that two requests with the same events never wait for each other. */
export async function takeEventKeys(tx: Executor, keys: readonly string[]): Promise<ReadonlySet<string>> {
  const { rows } = await sql<{ key: string }>`
    insert into event_keys (key) select distinct key from unnest(${keys}::text[]) as key order by key
    on conflict do nothing returning key`.execute(tx);
  return new Set(rows.map((row) => row.key));
}

/** In their order. */
export async function insertEvents(tx: Executor, events: readonly CloudEvent[]): Promise<readonly string[]> {
  if (events.length === 0) return [];
  const rows = await tx
    .insertInto('events')
    .values(events.map((event) => ({ event: JSON.stringify(event) })))
    .returning('sequence')
    .execute();
  return rows.map((row) => row.sequence);
}

/** In the order in which they were posted; those that are cleared away are missing. */
export async function readEvents(db: Executor, sequences: readonly string[]): Promise<readonly PostedEvent[]> {
  const rows = await db
    .selectFrom('events')
    .select(['sequence', 'event'])
    .where(sql<boolean>`sequence = any(${sequences}::bigint[])`)
    .orderBy('sequence')
    .execute();
  return rows.map(({ sequence, event }) => ({ sequence, event: JSON.parse(event) as CloudEvent }));
}

/** Of the events that can still be sent, the newest `limits.eventsToRoute`. */
export async function liveEvents(db: Executor): Promise<readonly string[]> {
  const rows = await db
    .selectFrom('events')
    .select('sequence')
    .where('posted_at', '>', ago(limits.eventLifeMs))
    .orderBy('sequence', 'desc')
    .limit(limits.eventsToRoute)
    .execute();
  return rows.map((row) => row.sequence).reverse();
}

/** Clears away what is over. Any process may, at any time. */
export async function sweepEvents(db: Executor): Promise<void> {
  await db.deleteFrom('events').where('posted_at', '<', ago(limits.eventLifeMs)).execute();
  await db.deleteFrom('event_keys').where('accepted_at', '<', ago(limits.eventDuplicateMs)).execute();
}

function ago(ms: number) {
  return sql<Date>`now() - make_interval(secs => ${sql.lit(ms / 1000)})`;
}
