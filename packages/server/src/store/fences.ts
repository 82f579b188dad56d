/** How often each host was leased, which is what orders those who act on it. */
import { sql } from 'kysely';
import type { Executor } from './database.ts';

/** Of those hosts that exist. */
export async function readFences(db: Executor, hostIds: readonly string[]): Promise<ReadonlyMap<string, bigint>> {
  const rows = await db
    .selectFrom('fleet')
    .select(['host_id', 'fence'])
    .where(sql<boolean>`host_id = any(${hostIds}::text[])`)
    .execute();
  return new Map(rows.map(({ host_id, fence }) => [host_id, BigInt(fence)]));
}
