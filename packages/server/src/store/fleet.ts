/** What each host of the fleet is doing: the rows that checkouts and whoever else moves hosts share. */
import type { HostId } from '@guise/model';
import { sql } from 'kysely';
import type { Executor } from './database.ts';
import { isConnected } from './hosts.ts';
import type { FleetState } from './leases.ts';

export interface FleetHost {
  readonly hostId: HostId;
  readonly state: FleetState;
  readonly reason: string | null;
  readonly provider: string;
  /** What the provider calls it. */
  readonly providerHost: string;
  readonly machine: string | null;
  readonly poolId: string | null;
}

/** A host that somebody could have at once. */
export interface HostOnOffer {
  readonly hostId: HostId;
  readonly state: 'production' | 'idle';
  readonly facts: Readonly<Record<string, string | number>>;
}

export async function findFleetHost(db: Executor, hostId: HostId): Promise<FleetHost | null> {
  const row = await db.selectFrom('fleet').selectAll().where('host_id', '=', hostId).executeTakeFirst();
  if (row === undefined) return null;
  return {
    hostId,
    state: row.state,
    reason: row.reason,
    provider: row.provider,
    providerHost: row.provider_host ?? hostId,
    machine: row.machine,
    poolId: row.pool_id,
  };
}

/** Of these hosts those that serve or wait in a pool, whose agents are there. */
export async function hostsOnOffer(db: Executor, hostIds: readonly string[]): Promise<readonly HostOnOffer[]> {
  const rows = await db
    .selectFrom('fleet')
    .innerJoin('hosts', 'hosts.host_id', 'fleet.host_id')
    .select(['hosts.host_id', 'fleet.state', 'hosts.facts'])
    .where(sql<boolean>`hosts.host_id = any(${hostIds}::text[])`)
    .where('fleet.state', 'in', ['production', 'idle'])
    .where(isConnected)
    .where(sql<boolean>`not exists (select from identities i where i.host_id = hosts.host_id and i.state <> 'active')`)
    .orderBy('hosts.host_id')
    .execute();
  return rows.map(({ host_id, state, facts }) => ({
    hostId: host_id as HostId,
    state: state as HostOnOffer['state'],
    facts,
  }));
}

/** As they would be offered, whatever they do now: for a time to come. */
export async function knownHosts(db: Executor, hostIds: readonly string[]): Promise<readonly HostOnOffer[]> {
  const rows = await db
    .selectFrom('fleet')
    .innerJoin('hosts', 'hosts.host_id', 'fleet.host_id')
    .select(['hosts.host_id', 'fleet.state', 'hosts.facts'])
    .where(sql<boolean>`hosts.host_id = any(${hostIds}::text[])`)
    .orderBy('hosts.host_id')
    .execute();
  return rows.map(({ host_id, state, facts }) => ({
    hostId: host_id as HostId,
    state: state === 'idle' ? 'idle' : 'production',
    facts,
  }));
}

export async function setFleetState(
  tx: Executor,
  hostId: HostId,
  state: FleetState,
  reason: string | null = null,
): Promise<void> {
  await tx
    .updateTable('fleet')
    .set({ state, reason, since: sql<Date>`case when state = ${state} then since else now() end` })
    .where('host_id', '=', hostId)
    .execute();
}

/** False when it is not quarantined. It goes where hosts of its kind are: idle in its pool, else in production. */
export async function endQuarantine(tx: Executor, hostId: HostId): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable('fleet')
    .set({
      state: sql<FleetState>`case when pool_id is null then 'production' else 'idle' end`,
      since: sql<Date>`now()`,
      reason: null,
    })
    .where('host_id', '=', hostId)
    .where('state', '=', 'quarantined')
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}
