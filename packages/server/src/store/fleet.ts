/** What each host of the fleet is doing: its state, its pool, and what provides it. A row is there from a host's enrolment on. */
import type { HostId } from '@guise/model';
import { type Selectable, sql } from 'kysely';
import type { Executor } from './database.ts';
import type { Signal } from './signal.ts';
import type { Tables } from './tables.ts';

export type FleetHost = Selectable<Tables['fleet']>;
export type FleetState = FleetHost['state'];

export interface Provider {
  readonly provider: string;
  readonly provider_host: string | null;
  readonly machine: string | null;
}

/** Nobody else changes what it does before this transaction ends; null when there is no such host. */
export async function lockFleetHost(tx: Executor, hostId: HostId): Promise<FleetHost | null> {
  const row = await tx.selectFrom('fleet').selectAll().where('host_id', '=', hostId).forUpdate().executeTakeFirst();
  return row ?? null;
}

/** With what tells of it; nothing when it was so before. */
export async function setFleetState(
  tx: Executor,
  { host_id: hostId, state: before }: FleetHost,
  state: FleetState,
  reason: string | null = null,
): Promise<readonly Signal[]> {
  if (before === state) return [];
  await tx.updateTable('fleet').set({ state, reason, since: sql<Date>`now()` }).where('host_id', '=', hostId).execute();
  return [stateChanged(hostId)];
}

function stateChanged(hostId: string): Signal {
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
