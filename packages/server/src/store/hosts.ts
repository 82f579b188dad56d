/** Hosts: who they are, what they are tagged, and which process of ours hears from them. */
import type { LabelTerm } from '@guise/decide/placement';
import type { HostId } from '@guise/model';
import type { RawBuilder, Selectable } from 'kysely';
import { sql } from 'kysely';
import type { Executor } from './database.ts';
import type { FleetState } from './fleet.ts';
import { type HostStanding, type StandingRow, standing, standingOf } from './host-standing.ts';
import type { IdentityState } from './identities.ts';
import { jsonbText } from './jsonb-text.ts';
import type { Page, PageRequest } from './page.ts';
import { pageOf } from './page.ts';
import { isConnected } from './presence.ts';
import type { Tables } from './tables.ts';

export interface Host extends HostStanding {
  readonly host_id: HostId;
  readonly tags: Record<string, string>;
  readonly facts: Record<string, string | number>;
  readonly agent_version: string | null;
  readonly enrolled_at: string;
  readonly last_seen_at: string | null;
  readonly connected: boolean;
  readonly identity: IdentityState | 'none';
}

export interface HostFilter extends PageRequest {
  readonly terms: readonly LabelTerm[];
  readonly connected?: boolean | undefined;
  readonly state?: FleetState | undefined;
  readonly pool?: string | undefined;
}

/** A subquery, so that every other column keeps its plain name. */
const identityState = sql<
  Host['identity']
>`coalesce((select i.state from identities i where i.host_id = hosts.host_id), 'none')`;

export async function findHost(db: Executor, hostId: HostId): Promise<Host | null> {
  const row = await db
    .selectFrom('hosts')
    .selectAll()
    .select([isConnected.as('connected'), identityState.as('identity'), standing.as('standing')])
    .where('host_id', '=', hostId)
    .executeTakeFirst();
  return row === undefined ? null : hostOf(row);
}

export async function listHosts(db: Executor, filter: HostFilter): Promise<Page<Host>> {
  let query = db
    .selectFrom('hosts')
    .selectAll()
    .select([isConnected.as('connected'), identityState.as('identity'), standing.as('standing')])
    .orderBy('host_id')
    .limit(filter.limit + 1);
  if (filter.cursor !== undefined) query = query.where('host_id', '>', filter.cursor);
  if (filter.connected !== undefined) query = query.where(isConnected, '=', filter.connected);
  if (filter.state !== undefined) query = query.where(inFleet(sql`state = ${filter.state}`));
  if (filter.pool !== undefined) query = query.where(inFleet(sql`pool_id = ${filter.pool}`));
  for (const term of filter.terms) query = query.where(tagCondition(term));
  const rows = await query.execute();
  return pageOf(rows.map(hostOf), filter.limit, (host) => host.host_id);
}

function inFleet(condition: RawBuilder<unknown>) {
  return sql<boolean>`exists (select from fleet f where f.host_id = hosts.host_id and ${condition})`;
}

export function tagCondition(term: LabelTerm) {
  switch (term.type) {
    case 'is':
      return sql<boolean>`tags @> ${jsonbText({ [term.key]: term.value })}::jsonb`;
    case 'is_not':
      return sql<boolean>`not tags @> ${jsonbText({ [term.key]: term.value })}::jsonb`;
    case 'has':
      return sql<boolean>`tags ? ${term.key}`;
  }
}

/** Its tags, and nobody else changes the host before this transaction ends; null when there is no such host. */
export async function lockTags(tx: Executor, hostId: HostId): Promise<Readonly<Record<string, string>> | null> {
  const row = await tx.selectFrom('hosts').select('tags').where('host_id', '=', hostId).forUpdate().executeTakeFirst();
  return row?.tags ?? null;
}

export async function setTags(tx: Executor, hostId: HostId, tags: Readonly<Record<string, string>>): Promise<void> {
  await tx
    .updateTable('hosts')
    .set({ tags: jsonbText(tags) })
    .where('host_id', '=', hostId)
    .execute();
}

export async function deleteHost(tx: Executor, hostId: HostId): Promise<void> {
  await tx.deleteFrom('hosts').where('host_id', '=', hostId).execute();
}

/** What secrets are sealed to, of the hosts that have one. */
export async function sealingKeys(db: Executor, hostIds: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const rows = await db
    .selectFrom('hosts')
    .select(['host_id', 'sealing_key'])
    .where(sql<boolean>`host_id = any(${hostIds}::text[])`)
    .execute();
  return new Map(rows.flatMap((row) => (row.sealing_key === null ? [] : [[row.host_id, row.sealing_key] as const])));
}

export async function unknownHosts(db: Executor, hosts: readonly HostId[]): Promise<readonly string[]> {
  const { rows } = await sql<{ host_id: string }>`
    select asked.host_id from unnest(${hosts}::text[]) as asked(host_id)
    where not exists (select from hosts h where h.host_id = asked.host_id)`.execute(db);
  return rows.map((row) => row.host_id);
}

interface HostRow extends Selectable<Tables['hosts']>, Pick<Host, 'connected' | 'identity'> {
  readonly standing: StandingRow;
}

function hostOf(row: HostRow): Host {
  return {
    ...standingOf(row.standing, row.facts),
    host_id: row.host_id as HostId,
    tags: row.tags,
    facts: row.facts,
    agent_version: row.agent_version,
    enrolled_at: row.enrolled_at.toISOString(),
    last_seen_at: row.last_seen_at?.toISOString() ?? null,
    connected: row.connected,
    identity: row.identity,
  };
}
