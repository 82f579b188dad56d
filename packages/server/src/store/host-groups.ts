/** Host groups: named lists of hosts. */
import type { HostId } from '@guise/model';
import { sql } from 'kysely';
import type { Executor } from './database.ts';
import type { Page, PageRequest } from './page.ts';
import { pageOf } from './page.ts';

export interface HostGroup {
  readonly group: string;
  readonly hosts: HostId[];
}

/** The hosts that are in it. Nobody else changes it until this transaction ends. */
export async function lockHostGroup(tx: Executor, group: string): Promise<readonly string[]> {
  await sql`select pg_advisory_xact_lock(hashtextextended('host-group/' || ${group}, 0))`.execute(tx);
  const rows = await tx.selectFrom('host_group_members').select('host_id').where('group_name', '=', group).execute();
  return rows.map((row) => row.host_id);
}

/** The hosts that came or went. */
export async function replaceHostGroup(
  tx: Executor,
  group: string,
  hosts: readonly HostId[],
): Promise<readonly string[]> {
  const { rows } = await sql<{ host_id: string }>`
    with gone as (
      delete from host_group_members where group_name = ${group} and not (host_id = any(${hosts}::text[])) returning host_id
    ), come as (
      insert into host_group_members (group_name, host_id) select ${group}, unnest(${hosts}::text[])
      on conflict do nothing returning host_id
    )
    select host_id from gone union all select host_id from come`.execute(tx);
  return rows.map((row) => row.host_id);
}

export async function groupsOf(db: Executor, hostId: HostId): Promise<string[]> {
  const rows = await db
    .selectFrom('host_group_members')
    .select('group_name')
    .where('host_id', '=', hostId)
    .orderBy('group_name')
    .execute();
  return rows.map((row) => row.group_name);
}

export async function listHostGroups(db: Executor, page: PageRequest): Promise<Page<HostGroup>> {
  const { rows } = await sql<{ group: string; hosts: HostId[] }>`
    select group_name as "group", array_agg(host_id order by host_id) as hosts from host_group_members
    where group_name > ${page.cursor ?? ''}
    group by group_name order by group_name limit ${page.limit + 1}`.execute(db);
  return pageOf(rows, page.limit, (item) => item.group);
}
