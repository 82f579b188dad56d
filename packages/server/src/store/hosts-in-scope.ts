/** The hosts that a scope reaches, connected or not. Read from the scope's side: for ten thousand hosts that is one index scan. */
import { sql } from 'kysely';
import type { Executor } from './database.ts';
import type { PersonaVersion } from './event-subscriptions.ts';
import type { Scope } from './signal.ts';

export async function hostsInScope(db: Executor, scope: Scope): Promise<readonly string[]> {
  if ('hosts' in scope) return scope.hosts;
  const { rows } = await queryOf(scope).execute(db);
  return rows.map((row) => row.host_id);
}

/** The hosts that may have one of these versions: those who follow the current one, or pin it. */
export async function hostsWithPersonas(db: Executor, personas: readonly PersonaVersion[]): Promise<readonly string[]> {
  const { rows } = await sql<{ host_id: string }>`
    with wanted as (
      select * from unnest(${personas.map((each) => each.persona_id)}::text[],
        ${personas.map((each) => each.version)}::integer[]) as w(persona_id, version)
    ), target as (
      select a.target_type, a.target from assignments a join personas p using (persona_id)
        join wanted w on w.persona_id = a.persona_id and w.version = coalesce(a.version, p.current_version)
    )
    select target as host_id from target where target_type = 'host'
    union
    select m.host_id from target t join host_group_members m on m.group_name = t.target where t.target_type = 'group'
    union
    select h.host_id from target t
      join hosts h on h.tags @> jsonb_build_object(split_part(t.target, '=', 1), split_part(t.target, '=', 2))
      where t.target_type = 'tag'
    union
    select h.host_id from persona_group_personas g join personas p using (persona_id)
      join wanted w on w.persona_id = g.persona_id and w.version = p.current_version
      join hosts h on h.tags @> jsonb_build_object('persona_group', g.group_name)`.execute(db);
  return rows.map((row) => row.host_id);
}

function queryOf(scope: Exclude<Scope, { readonly hosts: readonly string[] }>) {
  if ('group' in scope) {
    return sql<{ host_id: string }>`select host_id from host_group_members where group_name = ${scope.group}`;
  }
  if ('tag' in scope) {
    const equals = scope.tag.indexOf('=');
    return taggedWith(scope.tag.slice(0, equals), scope.tag.slice(equals + 1));
  }
  if ('persona_group' in scope) return taggedWith('persona_group', scope.persona_group);
  return sql<{ host_id: string }>`
    select target as host_id from assignments where persona_id = ${scope.persona} and target_type = 'host'
    union
    select m.host_id from assignments a join host_group_members m on m.group_name = a.target
      where a.persona_id = ${scope.persona} and a.target_type = 'group'
    union
    select h.host_id from assignments a
      join hosts h on h.tags @> jsonb_build_object(split_part(a.target, '=', 1), split_part(a.target, '=', 2))
      where a.persona_id = ${scope.persona} and a.target_type = 'tag'
    union
    select h.host_id from persona_group_personas g
      join hosts h on h.tags @> jsonb_build_object('persona_group', g.group_name)
      where g.persona_id = ${scope.persona}`;
}

function taggedWith(key: string, value: string) {
  return sql<{ host_id: string }>`select host_id from hosts where tags @> ${JSON.stringify({ [key]: value })}::jsonb`;
}
