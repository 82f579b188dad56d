/** Assignments: which persona goes to which host, tag or group, on which terms. */
import type { PersonaId } from '@guise/model';
import type { Selectable } from 'kysely';
import { sql } from 'kysely';
import type { Executor } from './database.ts';
import { jsonbText } from './jsonb-text.ts';
import type { Page, PageRequest } from './page.ts';
import { pageOf } from './page.ts';
import type { Tables } from './tables.ts';

export interface Target {
  readonly type: 'host' | 'tag' | 'group';
  /** Host id, `key=value`, or group name. */
  readonly name: string;
}

export interface Assignment {
  readonly target_type: Target['type'];
  readonly target: string;
  readonly instance: string;
  readonly persona_id: PersonaId;
  readonly parameters: Record<string, string | number | boolean>;
  readonly priority: number | null;
  readonly version: number | null;
  readonly assigned_by: string;
  readonly assigned_at: string;
}

export type NewAssignment = Omit<Assignment, 'assigned_at'>;

export async function findAssignment(tx: Executor, target: Target, instance: string): Promise<Assignment | null> {
  const row = await tx
    .selectFrom('assignments')
    .selectAll()
    .where('target_type', '=', target.type)
    .where('target', '=', target.name)
    .where('instance', '=', instance)
    .forUpdate()
    .executeTakeFirst();
  return row === undefined ? null : assignmentOf(row);
}

/** Everything that is assigned to the target, by instance; nobody else changes it before this transaction ends. */
export async function lockAssignmentsTo(tx: Executor, { type, name }: Target): Promise<readonly Assignment[]> {
  await sql`select pg_advisory_xact_lock(hashtextextended(${`assignments/${type}/${name}`}, 0))`.execute(tx);
  return assignmentsTo(tx, { type, name });
}

export async function assignmentsTo(db: Executor, { type, name }: Target): Promise<readonly Assignment[]> {
  const rows = await db
    .selectFrom('assignments')
    .selectAll()
    .where('target_type', '=', type)
    .where('target', '=', name)
    .execute();
  return rows.map(assignmentOf).sort((one, other) => (one.instance < other.instance ? -1 : 1));
}

/** What the audit tells of one. */
export function summaryOf({ persona_id, instance, version, priority, parameters }: Assignment) {
  return { persona_id, instance, version, priority, parameters };
}

export async function putAssignment(tx: Executor, assignment: NewAssignment): Promise<Assignment> {
  const row = { ...assignment, parameters: jsonbText(assignment.parameters) };
  const written = await tx
    .insertInto('assignments')
    .values(row)
    .onConflict((conflict) =>
      conflict.columns(['target_type', 'target', 'instance']).doUpdateSet({ ...row, assigned_at: sql<Date>`now()` }),
    )
    .returningAll()
    .executeTakeFirstOrThrow();
  return assignmentOf(written);
}

export async function deleteAssignment(
  tx: Executor,
  target: Target,
  instance: string,
  personaId: PersonaId,
): Promise<boolean> {
  const { numDeletedRows } = await tx
    .deleteFrom('assignments')
    .where('target_type', '=', target.type)
    .where('target', '=', target.name)
    .where('instance', '=', instance)
    .where('persona_id', '=', personaId)
    .executeTakeFirst();
  return numDeletedRows > 0n;
}

/** The personas that it had. */
export async function deleteAssignmentsTo(tx: Executor, target: Target): Promise<readonly string[]> {
  const rows = await tx
    .deleteFrom('assignments')
    .where('target_type', '=', target.type)
    .where('target', '=', target.name)
    .returning('persona_id')
    .execute();
  return rows.map((row) => row.persona_id);
}

export async function isAssigned(tx: Executor, personaId: PersonaId): Promise<boolean> {
  const row = await tx
    .selectFrom('assignments')
    .select('target')
    .where('persona_id', '=', personaId)
    .executeTakeFirst();
  return row !== undefined;
}

export async function listAssignments(
  db: Executor,
  page: PageRequest & { readonly persona_id?: PersonaId | undefined },
): Promise<Page<Assignment>> {
  let query = db
    .selectFrom('assignments')
    .selectAll()
    .orderBy('target_type')
    .orderBy('target')
    .orderBy('instance')
    .limit(page.limit + 1);
  if (page.persona_id !== undefined) query = query.where('persona_id', '=', page.persona_id);
  const after = page.cursor?.split(' ') ?? [];
  if (after.length === 3) query = query.where(sql<boolean>`(target_type, target, instance) > (${sql.join(after)})`);
  const rows = await query.execute();
  return pageOf(rows.map(assignmentOf), page.limit, (item) => `${item.target_type} ${item.target} ${item.instance}`);
}

function assignmentOf(row: Selectable<Tables['assignments']>): Assignment {
  return { ...row, persona_id: row.persona_id as PersonaId, assigned_at: row.assigned_at.toISOString() };
}
