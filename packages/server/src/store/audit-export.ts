/** The audit log in the order of its leaves, a page at a time, with whatever does not fit together shown and not hidden. */
import { limits } from '@guise/model';
import { sql } from 'kysely';
import type { AuditEntry } from './audit.ts';
import { entryOf } from './audit.ts';
import type { CheckpointRow } from './audit-checkpoints.ts';
import { checkpointsBetween, newestCheckpoint } from './audit-checkpoints.ts';
import { logSize } from './audit-log.ts';
import type { Database, Executor } from './database.ts';

export interface LogPage {
  readonly size: number;
  readonly newest: CheckpointRow | null;
  readonly entries: readonly LogLeaf[];
  readonly checkpoints: readonly string[];
  readonly strays: readonly number[];
  readonly next: number | null;
}

export interface LogLeaf {
  readonly index: number;
  readonly sequence: number;
  readonly hash: string;
  readonly entry: AuditEntry | null;
}

/** As it was at one instant: a checkpoint that is signed meanwhile would look as if its entries were gone. */
export function readLogPage(database: Database, from: number): Promise<LogPage> {
  return database
    .transaction()
    .setIsolationLevel('repeatable read')
    .setAccessMode('read only')
    .execute((tx) => readPage(tx, from));
}

async function readPage(db: Executor, from: number): Promise<LogPage> {
  const size = await logSize(db);
  const entries = bounded(await readLeaves(db, from));
  const last = entries.at(-1);
  const isEnd = last === undefined || last.index + 1 >= size;
  return {
    size,
    newest: await newestCheckpoint(db),
    entries,
    checkpoints: await checkpointsBetween(db, from, isEnd ? Number.MAX_SAFE_INTEGER : last.index + 1),
    strays: isEnd ? await readStrays(db) : [],
    next: isEnd ? null : last.index + 1,
  };
}

async function readLeaves(db: Executor, from: number): Promise<readonly LogLeaf[]> {
  const rows = await db
    .selectFrom('audit_leaves')
    .leftJoin('audit', 'audit.sequence', 'audit_leaves.sequence')
    .selectAll('audit')
    .select(['leaf_index', 'audit_leaves.sequence as leaf_sequence', 'hash'])
    .where('leaf_index', '>=', String(from))
    .orderBy('leaf_index')
    .limit(limits.auditPageEntries)
    .execute();
  return rows.map((row) => ({
    index: Number(row.leaf_index),
    sequence: Number(row.leaf_sequence),
    hash: row.hash.toString('base64'),
    entry: row.sequence === null ? null : entryOf(row as Parameters<typeof entryOf>[0]),
  }));
}

/** In the database, without a place, and not waiting for one: nobody wrote these as entries are written. */
async function readStrays(db: Executor): Promise<readonly number[]> {
  const { rows } = await sql<{ sequence: string }>`
    select sequence from audit a
    where not exists (select from audit_leaves l where l.sequence = a.sequence)
      and not exists (select from audit_pending p where p.sequence = a.sequence)
    order by sequence limit ${limits.auditFindings}`.execute(db);
  return rows.map(({ sequence }) => Number(sequence));
}

/** At least one, and no more bytes of details than an answer may have. */
function bounded(leaves: readonly LogLeaf[]): readonly LogLeaf[] {
  let bytes = 0;
  const end = leaves.findIndex(({ entry }, index) => {
    bytes += JSON.stringify(entry?.detail ?? null).length;
    return index > 0 && bytes > limits.auditPageBytes;
  });
  return end === -1 ? leaves : leaves.slice(0, end);
}
