/** Which process of ours is connected to which host, and when each was last heard. Heartbeats come in batches. */
import type { Facts, HostId } from '@guise/model';
import { limits } from '@guise/model';
import { sql } from 'kysely';
import type { Executor } from './database.ts';
import { jsonbText } from './jsonb-text.ts';

/** A process of ours has its connection and heard from it lately; a process that died does not count for long. */
export const isConnected = sql<boolean>`(replica_id is not null and last_seen_at > now() - make_interval(secs => ${sql.lit(limits.silenceMs / 1000)}))`;

export interface Arrival {
  readonly hostId: HostId;
  readonly replicaId: string;
  readonly agentVersion: string;
  readonly facts: Facts;
}

export async function recordArrival(tx: Executor, arrival: Arrival): Promise<void> {
  await tx
    .updateTable('hosts')
    .set({
      replica_id: arrival.replicaId,
      agent_version: arrival.agentVersion,
      facts: jsonbText(arrival.facts),
      last_seen_at: sql<Date>`now()`,
    })
    .where('host_id', '=', arrival.hostId)
    .execute();
}

/** Unless another process has it by now. */
export async function recordDeparture(tx: Executor, hostId: HostId, replicaId: string): Promise<void> {
  await tx
    .updateTable('hosts')
    .set({ replica_id: null })
    .where('host_id', '=', hostId)
    .where('replica_id', '=', replicaId)
    .execute();
}

/** All at once, when a process ends in good order. */
export async function recordDepartures(tx: Executor, replicaId: string): Promise<void> {
  await tx.updateTable('hosts').set({ replica_id: null }).where('replica_id', '=', replicaId).execute();
}

/** Of hosts that are still connected to this process; one that left meanwhile stays gone. */
export async function recordHeartbeats(tx: Executor, hostIds: readonly string[], replicaId: string): Promise<void> {
  await tx
    .updateTable('hosts')
    .set({ last_seen_at: sql<Date>`now()` })
    .where('replica_id', '=', replicaId)
    .where(sql<boolean>`host_id = any(${hostIds}::text[])`)
    .execute();
}

/** The process that has the host's connection, when one does. */
export async function replicaOf(db: Executor, hostId: HostId): Promise<string | null> {
  const row = await db.selectFrom('hosts').select('replica_id').where('host_id', '=', hostId).executeTakeFirst();
  return row?.replica_id ?? null;
}
