/** Personas as a list, and the groups they are in, whichever side said so: the document, or `PUT /persona-groups/{group}`. */
import type { PersonaId } from '@guise/model';
import { sql } from 'kysely';
import type { Executor } from './database.ts';
import type { Page, PageRequest } from './page.ts';
import { pageOf } from './page.ts';

export interface PersonaSummary {
  readonly persona_id: PersonaId;
  readonly persona_name: string | null;
  readonly category: string | null;
  readonly persona_groups: string[];
  readonly current_version: number;
  readonly updated_at: string;
}

export interface PersonaGroup {
  readonly group: string;
  readonly personas: PersonaId[];
}

export interface PersonaFilter extends PageRequest {
  readonly category?: string | undefined;
  readonly group?: string | undefined;
}

export async function listPersonas(db: Executor, filter: PersonaFilter): Promise<Page<PersonaSummary>> {
  const groups = sql<string[]>`array(
    select unnest(v.persona_groups) union select group_name from persona_group_members m where m.persona_id = p.persona_id order by 1)`;
  let query = db
    .selectFrom('personas as p')
    .innerJoin('persona_versions as v', (join) =>
      join.onRef('v.persona_id', '=', 'p.persona_id').onRef('v.version', '=', 'p.current_version'),
    )
    .select(['p.persona_id', 'v.persona_name', 'v.category', 'p.current_version', 'p.updated_at', groups.as('groups')])
    .where('p.deleted_at', 'is', null)
    .orderBy('p.persona_id')
    .limit(filter.limit + 1);
  if (filter.cursor !== undefined) query = query.where('p.persona_id', '>', filter.cursor);
  if (filter.category !== undefined) query = query.where('v.category', '=', filter.category);
  if (filter.group !== undefined) query = query.where(sql<boolean>`${filter.group} = any(${groups})`);
  const rows = await query.execute();
  const found = rows.map((row) => ({
    persona_id: row.persona_id as PersonaId,
    persona_name: row.persona_name,
    category: row.category,
    persona_groups: row.groups,
    current_version: row.current_version,
    updated_at: row.updated_at.toISOString(),
  }));
  return pageOf(found, filter.limit, (item) => item.persona_id);
}

/** The personas that were put into it. Nobody else changes it until this transaction ends. */
export async function lockPersonaGroup(tx: Executor, group: string): Promise<readonly string[]> {
  await sql`select pg_advisory_xact_lock(hashtextextended('persona-group/' || ${group}, 0))`.execute(tx);
  const rows = await tx
    .selectFrom('persona_group_members')
    .select('persona_id')
    .where('group_name', '=', group)
    .execute();
  return rows.map((row) => row.persona_id);
}

/** Those that stay keep who added them. */
export async function replacePersonaGroup(
  tx: Executor,
  group: string,
  personas: readonly PersonaId[],
  addedBy: string,
): Promise<void> {
  await sql`delete from persona_group_members where group_name = ${group} and not (persona_id = any(${personas}::text[]))`.execute(
    tx,
  );
  await sql`insert into persona_group_members (group_name, persona_id, added_by)
    select ${group}, unnest(${personas}::text[]), ${addedBy} on conflict do nothing`.execute(tx);
}

/** The groups of a persona, whichever side named them. */
export async function groupsOfPersona(db: Executor, personaId: PersonaId): Promise<readonly string[]> {
  const { rows } = await sql<{ group_name: string }>`
    select group_name from persona_group_personas where persona_id = ${personaId} order by 1`.execute(db);
  return rows.map((row) => row.group_name);
}

/** Some host has the persona through this group of it; null when none has. */
export async function groupInUse(db: Executor, personaId: PersonaId): Promise<string | null> {
  const { rows } = await sql<{ group_name: string }>`
    select g.group_name from persona_group_personas g
      join hosts h on h.tags @> jsonb_build_object('persona_group', g.group_name)
    where g.persona_id = ${personaId} limit 1`.execute(db);
  return rows[0]?.group_name ?? null;
}

export async function listPersonaGroups(db: Executor, page: PageRequest): Promise<Page<PersonaGroup>> {
  const { rows } = await sql<{ group: string; personas: PersonaId[] }>`
    select group_name as "group", array_agg(persona_id order by persona_id) as personas
    from persona_group_personas where group_name > ${page.cursor ?? ''}
    group by group_name order by group_name limit ${page.limit + 1}`.execute(db);
  return pageOf(rows, page.limit, (item) => item.group);
}

/** Those of the ids that no persona has. */
export async function unknownPersonas(db: Executor, personas: readonly PersonaId[]): Promise<readonly string[]> {
  if (personas.length === 0) return [];
  const rows = await db
    .selectFrom('personas')
    .select('persona_id')
    .where('persona_id', 'in', personas)
    .where('deleted_at', 'is', null)
    .execute();
  const known = new Set(rows.map((row) => row.persona_id));
  return personas.filter((id) => !known.has(id));
}
