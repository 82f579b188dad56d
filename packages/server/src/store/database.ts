/**
 * The connection pool, and the only way to change anything: `mutate`.
 *
 * Invariant: a mutation commits with its audit entry and its signals or not at all, because the work must return both.
 * Throws: `database_unavailable` when PostgreSQL cannot be reached.
 */
import { GuiseError, limits } from '@guise/model';
import type { Transaction } from 'kysely';
import { Kysely, PostgresDialect, sql } from 'kysely';
import pg from 'pg';
import type { AuditRecord } from './audit.ts';
import { insertAudit } from './audit.ts';
import type { Signal } from './signal.ts';
import { sendSignals } from './signal.ts';
import type { Tables } from './tables.ts';

export type Database = Kysely<Tables>;
/** A transaction, or the pool for a single read. */
export type Executor = Kysely<Tables> | Transaction<Tables>;

export interface Mutation<Value> {
  readonly value: Value;
  /** Null when the request turned out to change nothing. */
  readonly audit: AuditRecord | null;
  readonly signals: readonly Signal[];
}

export async function openDatabase(url: string): Promise<Database> {
  const pool = new pg.Pool({
    connectionString: url,
    max: limits.databaseConnections,
    connectionTimeoutMillis: limits.databaseStartMs,
    statement_timeout: limits.databaseStatementMs,
  });
  // An idle connection that breaks is replaced by the pool; whoever needs one next hears of it.
  pool.on('error', () => undefined);
  // One that breaks between two statements of a transaction tells nobody but itself; the next statement fails.
  pool.on('connect', (client) => client.on('error', () => undefined));
  try {
    await pool.query('select 1');
  } catch (cause) {
    await pool.end();
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new GuiseError('database_unavailable', `Cannot reach the database: ${reason}`, { cause });
  }
  return new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) });
}

/** Throws: `database_unavailable`. */
export async function pingDatabase(database: Database): Promise<void> {
  try {
    await sql`select 1`.execute(database);
  } catch (cause) {
    throw new GuiseError('database_unavailable', 'Cannot reach the database', { cause });
  }
}

/** Two transactions waited for each other, and this one gave way: it may be made again. Source: PostgreSQL, appendix A, 40P01. */
export function isDeadlock(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === '40P01';
}

export async function mutate<Value>(
  database: Database,
  actor: string,
  work: (tx: Executor) => Promise<Mutation<Value>>,
): Promise<Value> {
  return database.transaction().execute(async (tx) => {
    const { value, audit, signals } = await work(tx);
    if (audit !== null) await insertAudit(tx, actor, audit);
    await sendSignals(tx, signals);
    return value;
  });
}
