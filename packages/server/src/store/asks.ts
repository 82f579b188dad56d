/** Questions to agents that are connected to another process of ours: left here, signalled there, answered here. */
import type { Ask } from '@guise/api';
import type { HostId } from '@guise/model';
import { sql } from 'kysely';
import type { Executor } from './database.ts';
import { jsonbText } from './jsonb-text.ts';

/** Whatever the agent or its process said; the asker knows which shape it wants. */
export type Reply = { readonly answer: unknown } | { readonly error: unknown };

export async function insertAsk(
  tx: Executor,
  ask: { readonly askId: string; readonly hostId: HostId; readonly question: Ask },
): Promise<void> {
  await tx
    .insertInto('asks')
    .values({ ask_id: ask.askId, host_id: ask.hostId, question: jsonbText(ask.question), reply: null })
    .execute();
}

export async function findAsk(
  db: Executor,
  askId: string,
): Promise<{ readonly hostId: HostId; readonly question: Ask } | null> {
  const row = await db.selectFrom('asks').selectAll().where('ask_id', '=', askId).executeTakeFirst();
  return row === undefined ? null : { hostId: row.host_id as HostId, question: row.question as Ask };
}

export async function writeReply(tx: Executor, askId: string, reply: Reply): Promise<void> {
  await tx
    .updateTable('asks')
    .set({ reply: jsonbText(reply) })
    .where('ask_id', '=', askId)
    .execute();
}

/** Reads the reply and clears the question away, with any that their askers left behind. */
export async function takeReply(tx: Executor, askId: string): Promise<Reply | null> {
  const row = await tx.deleteFrom('asks').where('ask_id', '=', askId).returning('reply').executeTakeFirst();
  await tx.deleteFrom('asks').where('asked_at', '<', sql<Date>`now() - interval '1 hour'`).execute();
  return (row?.reply ?? null) as Reply | null;
}
