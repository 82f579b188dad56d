/** Signed checkpoints of the audit log, and its name. Both are never changed. */
import { randomUUID } from 'node:crypto';
import type { Executor } from './database.ts';
import type { Page, PageRequest } from './page.ts';
import { pageOf } from './page.ts';

export interface CheckpointRow {
  /** Entries that it covers. */
  readonly size: number;
  /** As it was signed. */
  readonly note: string;
  readonly signed_at: string;
}

/** Made once, with the organisation of that time, and the same for good: what was signed under it must stay true. */
export async function logOrigin(db: Executor, organization: string): Promise<string> {
  const known = await findOrigin(db);
  if (known !== null) return known;
  await db
    .insertInto('audit_log')
    .values({ origin: `guise.${organization}/${randomUUID()}` })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  return (await findOrigin(db)) ?? '';
}

async function findOrigin(db: Executor): Promise<string | null> {
  const row = await db.selectFrom('audit_log').select('origin').executeTakeFirst();
  return row?.origin ?? null;
}

export async function newestCheckpoint(db: Executor): Promise<CheckpointRow | null> {
  const { items } = await listCheckpoints(db, { limit: 1 });
  return items[0] ?? null;
}

export async function insertCheckpoint(tx: Executor, size: number, note: string): Promise<void> {
  await tx
    .insertInto('audit_checkpoints')
    .values({ size: String(size), note })
    .execute();
}

/** Newest first. */
export async function listCheckpoints(db: Executor, { limit, cursor }: PageRequest): Promise<Page<CheckpointRow>> {
  let query = db
    .selectFrom('audit_checkpoints')
    .selectAll()
    .orderBy('size', 'desc')
    .limit(limit + 1);
  if (cursor !== undefined) query = query.where('size', '<', cursor);
  const rows = await query.execute();
  const items = rows.map(({ size, note, signed_at }) => ({
    size: Number(size),
    note,
    signed_at: signed_at.toISOString(),
  }));
  return pageOf(items, limit, ({ size }) => String(size));
}

/** Those of more than `from` and at most `to` entries, smallest first. */
export async function checkpointsBetween(db: Executor, from: number, to: number): Promise<readonly string[]> {
  const rows = await db
    .selectFrom('audit_checkpoints')
    .select('note')
    .where('size', '>', String(from))
    .where('size', '<=', String(to))
    .orderBy('size')
    .execute();
  return rows.map(({ note }) => note);
}
