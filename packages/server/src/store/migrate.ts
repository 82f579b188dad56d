/**
 * Brings the schema up to date at start.
 *
 * Invariants: one process migrates at a time (an advisory lock); each migration and its mark commit together, so a kill leaves
 * whole steps; a database that a newer guise has migrated is refused, not guessed at.
 * Throws: `database_unavailable`.
 */
import { GuiseError } from '@guise/model';
import { sql } from 'kysely';
import type { Database } from './database.ts';
import { migrations } from './migrations/index.ts';

/** Any number that nobody else locks; this one spells "guis". */
const advisoryKey = 0x67756973;

/** The names of the migrations that were applied now. */
export async function migrate(database: Database): Promise<readonly string[]> {
  return database.transaction().execute(async (tx) => {
    await sql`select pg_advisory_xact_lock(${advisoryKey})`.execute(tx);
    await sql`create table if not exists migrations (name text primary key, applied_at timestamptz not null default now())`.execute(
      tx,
    );
    const { rows } = await sql<{ name: string }>`select name from migrations`.execute(tx);
    const applied = new Set(rows.map((row) => row.name));
    refuseNewer(applied);
    const missing = migrations.filter(({ name }) => !applied.has(name));
    for (const { name, statements, fill } of missing) {
      for (const statement of statements) await sql.raw(statement).execute(tx);
      await fill?.(tx);
      await sql`insert into migrations (name) values (${name})`.execute(tx);
    }
    return missing.map(({ name }) => name);
  });
}

function refuseNewer(applied: ReadonlySet<string>): void {
  const known = new Set(migrations.map(({ name }) => name));
  const unknown = [...applied].filter((name) => !known.has(name));
  if (unknown.length > 0) {
    throw new GuiseError(
      'database_unavailable',
      `Cannot use this database: a newer guise has migrated it (${unknown.join(', ')})`,
    );
  }
}
