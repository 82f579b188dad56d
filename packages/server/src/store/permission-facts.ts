/** What permissions may depend on: what hosts and personas are in. Each is one query, however many are asked for. */
import { sql } from 'kysely';
import type { Facts } from '../permissions/resource.ts';
import type { Executor } from './database.ts';

/** Those that there are, by id. */
export async function hostFacts(db: Executor, hosts: readonly string[]): Promise<ReadonlyMap<string, Facts>> {
  const { rows } = await sql<HostRow>`
    select host_id, tags, array(select group_name from host_group_members m where m.host_id = h.host_id) as groups,
      (select pool_id from fleet f where f.host_id = h.host_id) as pool_id
    from hosts h where host_id = any(${hosts}::text[])`.execute(db);
  return new Map(rows.map((row) => [row.host_id, { type: 'Host', id: row.host_id, parents: parentsOfHost(row) }]));
}

/** A checkout is in its host and in what that is in. */
export async function checkoutFacts(
  db: Executor,
  checkouts: readonly string[],
  actor: string,
): Promise<ReadonlyMap<string, Facts>> {
  if (checkouts.length === 0) return new Map();
  const rows = await db
    .selectFrom('checkouts')
    .select(['checkout_id', 'host_id', 'holder'])
    .where(sql<boolean>`checkout_id = any(${checkouts}::uuid[])`)
    .execute();
  const hosts = await hostFacts(
    db,
    rows.flatMap(({ host_id }) => host_id ?? []),
  );
  return new Map(
    rows.map(({ checkout_id: id, host_id, holder }) => {
      const host = hosts.get(host_id ?? '');
      const parents = host === undefined ? [] : [{ type: 'Host', id: host.id } as const, ...host.parents];
      return [id, { type: 'Checkout', id, parents, own: holder === actor }];
    }),
  );
}

interface HostRow {
  readonly host_id: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly groups: readonly string[];
  readonly pool_id: string | null;
}

function parentsOfHost({ tags, groups, pool_id }: HostRow): Facts['parents'] {
  return [
    ...Object.entries(tags).map(([key, value]) => ({ type: 'Tag', id: `${key}=${value}` }) as const),
    ...groups.map((id) => ({ type: 'HostGroup', id }) as const),
    ...(pool_id === null ? [] : [{ type: 'Pool', id: pool_id } as const]),
  ];
}

export async function personaFacts(db: Executor, personas: readonly string[]): Promise<ReadonlyMap<string, Facts>> {
  const { rows } = await sql<{ persona_id: string; category: string | null; groups: string[] }>`
    select p.persona_id, v.category,
      array(select group_name from persona_group_personas g where g.persona_id = p.persona_id) as groups
    from personas p join persona_versions v on v.persona_id = p.persona_id and v.version = p.current_version
    where p.deleted_at is null and p.persona_id = any(${personas}::text[])`.execute(db);
  return new Map(
    rows.map(({ persona_id, category, groups }) => [
      persona_id,
      { type: 'Persona', id: persona_id, parents: parentsOfPersona(category, groups) },
    ]),
  );
}

export function parentsOfPersona(category: string | null, groups: readonly string[]): Facts['parents'] {
  return [
    ...(category === null ? [] : [{ type: 'Category', id: category } as const]),
    ...groups.map((id) => ({ type: 'PersonaGroup', id }) as const),
  ];
}
