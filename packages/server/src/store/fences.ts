/** How often each host was leased, which is what orders those who act on it. */
import type { HostId } from '@guise/model';
import { sql } from 'kysely';
import type { Executor } from './database.ts';

/** The host itself has seen this one, so whatever comes next is higher: also when this database is older than the host, or new. */
export async function raiseFence(tx: Executor, hostId: HostId, fence: number): Promise<void> {
  await tx
    .updateTable('fleet')
    .set({ fence: String(fence) })
    .where('host_id', '=', hostId)
    .where('fence', '<', String(fence))
    .execute();
}

/** Of those hosts that exist. */
export async function readFences(db: Executor, hostIds: readonly string[]): Promise<ReadonlyMap<string, bigint>> {
  const rows = await db
    .selectFrom('fleet')
    .select(['host_id', 'fence'])
    .where(sql<boolean>`host_id = any(${hostIds}::text[])`)
    .execute();
  return new Map(rows.map(({ host_id, fence }) => [host_id, BigInt(fence)]));
}
