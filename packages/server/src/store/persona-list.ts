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

export async function replacePersonaGroup(tx: Executor, group: string, personas: readonly PersonaId[]): Promise<void> {
  await tx.deleteFrom('persona_group_members').where('group_name', '=', group).execute();
  if (personas.length === 0) return;
  await tx
    .insertInto('persona_group_members')
    .values(personas.map((persona_id) => ({ group_name: group, persona_id })))
    .execute();
}

export async function listPersonaGroups(db: Executor, page: PageRequest): Promise<Page<PersonaGroup>> {
  const { rows } = await sql<{ group: string; personas: PersonaId[] }>`
    select group_name as "group", array_agg(persona_id order by persona_id) as personas from (
      select group_name, persona_id from persona_group_members
      union
      select unnest(v.persona_groups), p.persona_id from personas p
        join persona_versions v on v.persona_id = p.persona_id and v.version = p.current_version
        where p.deleted_at is null
    ) members
    where group_name > ${page.cursor ?? ''}
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
