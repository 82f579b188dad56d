/**
 * Permissions to go back: who may take which persona back to which version, each usable once on each host.
 *
 * A host is sent the newest one for the version that it is to have; one that has ended is sent to nobody.
 */
import { sql } from 'kysely';
import type { Executor } from './database.ts';
import { jsonbText } from './jsonb-text.ts';

export interface StoredRollback {
  readonly id: string;
  readonly personaId: string;
  readonly from: number;
  readonly to: number;
  readonly hosts: readonly string[];
  /** The envelope as JSON. */
  readonly envelope: string;
  readonly expiresAt: string;
  readonly createdBy: string;
}

/** False when it is known already. */
export async function insertRollback(tx: Executor, rollback: StoredRollback): Promise<boolean> {
  const result = await tx
    .insertInto('rollback_statements')
    .values({
      id: rollback.id,
      persona_id: rollback.personaId,
      from_version: rollback.from,
      to_version: rollback.to,
      envelope: rollback.envelope,
      expires_at: rollback.expiresAt,
      created_by: rollback.createdBy,
    })
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst();
  if ((result.numInsertedOrUpdatedRows ?? 0n) === 0n) return false;
  await sql`insert into rollback_targets (persona_id, to_version, host_id, statement_id)
    select distinct ${rollback.personaId}, ${rollback.to}::integer, host_id, ${rollback.id}
      from unnest(${[...rollback.hosts]}::text[]) as t(host_id)
    on conflict (persona_id, to_version, host_id) do update set statement_id = excluded.statement_id`.execute(tx);
  return true;
}

/** The JSON of each envelope asked for, by its id. */
export async function readRollbacks(db: Executor, ids: readonly string[]): Promise<ReadonlyMap<string, string>> {
  if (ids.length === 0) return new Map();
  const rows = await db
    .selectFrom('rollback_statements')
    .select(['id', 'envelope'])
    .where(sql<boolean>`id = any(${[...ids]}::text[])`)
    .execute();
  return new Map(rows.map(({ id, envelope }) => [id, envelope]));
}

export interface HostVersion {
  readonly host_id: string;
  readonly persona_id: string;
  readonly version: number;
}

/** These hosts are where they need no permission: what they once had is used up, and the next way back takes a new one. */
export async function forgetRollbacks(tx: Executor, arrived: readonly HostVersion[]): Promise<void> {
  if (arrived.length === 0 || !(await hasTargets(tx))) return;
  await sql`delete from rollback_targets t using jsonb_to_recordset(${jsonbText(arrived)}::jsonb)
      as a(host_id text, persona_id text, version integer)
    where t.host_id = a.host_id and t.persona_id = a.persona_id and t.to_version < a.version`.execute(tx);
}

async function hasTargets(tx: Executor): Promise<boolean> {
  return (await tx.selectFrom('rollback_targets').select('persona_id').limit(1).executeTakeFirst()) !== undefined;
}
