/**
 * Gives entries of the audit their places in the Merkle log, in any process, one at a time.
 *
 * Entries are written inside the transactions of their changes and never wait for each other; each leaves its number in
 * `audit_pending`, which can be seen exactly when its transaction has committed. A round takes what it sees there, in the order of the
 * numbers, and appends it: what commits later comes later, whatever its number, so none is passed over and none has two places.
 * Killed anywhere, a round has happened or not: it is one transaction. The lock is the transaction's own and goes with it.
 * Cost: hashes of leaves, and of every whole subtree of 256, 65,536, … of them, are kept, so a root or a proof reads at most some
 * thousand hashes by their keys, at a million entries as at a thousand.
 */
import { hash } from 'node:crypto';
import { entryBytes, leafHash, rootOf, type Sha256 } from '@guise/decide/audit';
import { limits } from '@guise/model';
import { sql } from 'kysely';
import { entryOf } from './audit.ts';
import type { Database, Executor } from './database.ts';

export const sha256: Sha256 = (bytes) => hash('sha256', bytes, 'buffer');

/** Heights of which nodes are kept: every so many. */
export const keptHeights = 8;
const keptWidth = 2 ** keptHeights;

/** Any number that nobody else locks; this one spells "audi". */
const advisoryKey = 0x61756469;

/** The entries that got their place now; null when another process is at it. */
export async function sequenceAudit(database: Database): Promise<number | null> {
  return database.transaction().execute(async (tx) => {
    const { rows } = await sql<{ locked: boolean }>`select pg_try_advisory_xact_lock(${advisoryKey}) as locked`.execute(
      tx,
    );
    return rows[0]?.locked === true ? appendPending(tx) : null;
  });
}

/** Waits for whoever is at it. Of a transaction, and until its end. */
export async function lockAuditLog(tx: Executor): Promise<void> {
  await sql`select pg_advisory_xact_lock(${advisoryKey})`.execute(tx);
}

export async function logSize(db: Executor): Promise<number> {
  const { rows } = await sql<{ size: string }>`
    select coalesce(max(leaf_index) + 1, 0)::text as size from audit_leaves`.execute(db);
  return Number(rows[0]?.size ?? 0);
}

/** Under the lock. */
async function appendPending(tx: Executor): Promise<number> {
  const { rows: taken } = await sql<{ sequence: string }>`
    delete from audit_pending where sequence in (
      select sequence from audit_pending order by sequence limit ${limits.auditEntriesPerBatch})
    returning sequence`.execute(tx);
  if (taken.length === 0) return 0;
  const rows = await tx
    .selectFrom('audit')
    .selectAll()
    .where(sql<boolean>`sequence = any(${taken.map(({ sequence }) => sequence)}::bigint[])`)
    .orderBy('sequence')
    .execute();
  const size = await logSize(tx);
  const hashes = rows.map((row) => Buffer.from(leafHash(sha256, entryBytes(entryOf(row)))));
  await sql`insert into audit_leaves (leaf_index, sequence, hash)
    select ${size}::bigint + place - 1, sequence, hash
    from unnest(${rows.map(({ sequence }) => sequence)}::bigint[], ${hashes}::bytea[])
      with ordinality as new(sequence, hash, place)`.execute(tx);
  await keepNodes(tx, size, size + rows.length);
  return rows.length;
}

/** Of the subtrees that have become whole. */
async function keepNodes(tx: Executor, sizeBefore: number, size: number): Promise<void> {
  let [before, after] = [sizeBefore, size];
  for (let height = keptHeights; ; height += keptHeights) {
    [before, after] = [Math.floor(before / keptWidth), Math.floor(after / keptWidth)];
    if (before === after) return;
    const below = await readKept(tx, height - keptHeights, before * keptWidth, after * keptWidth);
    const places = Array.from({ length: after - before }, (_, index) => before + index);
    const hashes = places.map((place) => {
      const from = (place - before) * keptWidth;
      return Buffer.from(rootOf(sha256, below.slice(from, from + keptWidth)));
    });
    await sql`insert into audit_nodes (height, place, hash)
      select ${height}, place, hash from unnest(${places}::bigint[], ${hashes}::bytea[]) as new(place, hash)`.execute(
      tx,
    );
  }
}

/** Hashes at a height that is kept, by place. */
export async function readKept(db: Executor, height: number, from: number, to: number): Promise<readonly Buffer[]> {
  const { rows } =
    height === 0
      ? await sql<{ hash: Buffer }>`
          select hash from audit_leaves where leaf_index >= ${from} and leaf_index < ${to} order by leaf_index`.execute(
          db,
        )
      : await sql<{ hash: Buffer }>`
          select hash from audit_nodes where height = ${height} and place >= ${from} and place < ${to} order by place`.execute(
          db,
        );
  return rows.map((row) => row.hash);
}
