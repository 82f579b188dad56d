/** The hosts that a scope reaches, connected or not. Read from the scope's side: for ten thousand hosts that is one index scan. */
import { sql } from 'kysely';
import type { Executor } from './database.ts';
import type { Scope } from './signal.ts';

export async function hostsInScope(db: Executor, scope: Scope): Promise<readonly string[]> {
  if ('hosts' in scope) return scope.hosts;
  const { rows } = await queryOf(scope).execute(db);
  return rows.map((row) => row.host_id);
}

function queryOf(scope: Exclude<Scope, { readonly hosts: readonly string[] }>) {
  if ('group' in scope) {
    return sql<{ host_id: string }>`select host_id from host_group_members where group_name = ${scope.group}`;
  }
  if ('tag' in scope) {
    const equals = scope.tag.indexOf('=');
    const tag = JSON.stringify({ [scope.tag.slice(0, equals)]: scope.tag.slice(equals + 1) });
    return sql<{ host_id: string }>`select host_id from hosts where tags @> ${tag}::jsonb`;
  }
  return sql<{ host_id: string }>`
    select target as host_id from assignments where persona_id = ${scope.persona} and target_type = 'host'
    union
    select m.host_id from assignments a join host_group_members m on m.group_name = a.target
      where a.persona_id = ${scope.persona} and a.target_type = 'group'
    union
    select h.host_id from assignments a
      join hosts h on h.tags @> jsonb_build_object(split_part(a.target, '=', 1), split_part(a.target, '=', 2))
      where a.persona_id = ${scope.persona} and a.target_type = 'tag'`;
}
