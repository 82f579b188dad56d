/** What each host of the fleet is doing: its state, its pool, and what provides it. A row is there from a host's enrolment on. */
import type { HostId } from '@guise/model';
import { type Selectable, sql } from 'kysely';
import { takesRoom } from './activations.ts';
import type { Executor } from './database.ts';
import { isConnected } from './presence.ts';
import type { Signal } from './signal.ts';
import type { Tables } from './tables.ts';

export type FleetHost = Selectable<Tables['fleet']>;
export type FleetState = FleetHost['state'];

export interface Provider {
  readonly provider: string;
  readonly provider_host: string | null;
  readonly machine: string | null;
}

/** A host that somebody could have at once. */
export interface HostOnOffer {
  readonly hostId: HostId;
  readonly state: 'production' | 'idle';
  readonly facts: Readonly<Record<string, string | number>>;
}

export async function findFleetHost(db: Executor, hostId: HostId): Promise<FleetHost | null> {
  const row = await db.selectFrom('fleet').selectAll().where('host_id', '=', hostId).executeTakeFirst();
  return row ?? null;
}

/** Nobody else changes what it does before this transaction ends; null when there is no such host. */
export async function lockFleetHost(tx: Executor, hostId: HostId): Promise<FleetHost | null> {
  const row = await tx.selectFrom('fleet').selectAll().where('host_id', '=', hostId).forUpdate().executeTakeFirst();
  return row ?? null;
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

/** With what tells of it; nothing when it was so before. */
export async function setFleetState(
  tx: Executor,
  hostId: HostId,
  state: FleetState,
  reason: string | null = null,
): Promise<readonly Signal[]> {
  const { numUpdatedRows } = await tx
    .updateTable('fleet')
    .set({ state, reason, since: sql<Date>`now()` })
    .where('host_id', '=', hostId)
    .where('state', '<>', state)
    .executeTakeFirst();
  return numUpdatedRows > 0n ? [stateChanged(hostId)] : [];
}

/** Where a host goes that nobody has borrowed any more: idle in its pool, unless something was drawn there that is on it. */
const atRest = sql<FleetState>`case when pool_id is null or exists (
  select from activations a where a.host_id = fleet.host_id and a.state in (${sql.join(takesRoom)})) then 'production' else 'idle' end`;

/** Back from a checkout. */
export async function returnToFleet(tx: Executor, hostId: HostId): Promise<readonly Signal[]> {
  await tx
    .updateTable('fleet')
    .set({ state: atRest, since: sql<Date>`now()`, reason: null })
    .where('host_id', '=', hostId)
    .execute();
  return [stateChanged(hostId)];
}

/** False when it is not quarantined. It goes where hosts of its kind are: idle in its pool, else in production. */
export async function endQuarantine(tx: Executor, hostId: HostId): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable('fleet')
    .set({
      state: atRest,
      since: sql<Date>`now()`,
      reason: null,
    })
    .where('host_id', '=', hostId)
    .where('state', '=', 'quarantined')
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

export function stateChanged(hostId: string): Signal {
  return { type: 'event', event: 'host.state', subject: hostId };
}

export async function setPoolOf(tx: Executor, hostId: HostId, poolId: string | null): Promise<void> {
  await tx.updateTable('fleet').set({ pool_id: poolId }).where('host_id', '=', hostId).execute();
}

export async function setProviderOf(tx: Executor, hostId: HostId, provider: Provider): Promise<void> {
  await tx
    .updateTable('fleet')
    .set({ ...provider })
    .where('host_id', '=', hostId)
    .execute();
}

/** Somebody has borrowed it and has not given it back: what it does is not for a pool to say. */
export async function isLeased(tx: Executor, hostId: HostId): Promise<boolean> {
  const row = await tx
    .selectFrom('leases')
    .select('lease_id')
    .where('host_id', '=', hostId)
    .where('fence', 'is not', null)
    .where('ended_at', 'is', null)
    .executeTakeFirst();
  return row !== undefined;
}
