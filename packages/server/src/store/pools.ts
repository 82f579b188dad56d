/** Pools: hosts that wait to be needed, and how many of them are kept ready with what. */
import type { PersonaId } from '@guise/model';
import { type Selectable, sql } from 'kysely';
import type { Executor } from './database.ts';
import type { FleetState } from './fleet.ts';
import { jsonbText } from './jsonb-text.ts';
import { type Page, type PageRequest, pageOf } from './page.ts';
import type { Tables } from './tables.ts';

export interface PoolPolicy {
  /** How many idle hosts are kept ready. */
  readonly warm: number;
  readonly persona_id?: PersonaId | undefined;
  readonly parameters?: Record<string, string | number | boolean> | undefined;
}

export interface Pool {
  readonly pool_id: string;
  readonly policy: PoolPolicy;
  readonly created_by: string;
  readonly created_at: string;
  readonly hosts: { readonly [State in FleetState]: number };
  readonly warm: number;
}

const noHosts: Pool['hosts'] = {
  production: 0,
  draining: 0,
  checked_out: 0,
  activating: 0,
  idle: 0,
  quarantined: 0,
};

const counts = sql<{ readonly [State in FleetState]?: number } | null>`(
  select jsonb_object_agg(state, hosts) from (
    select state, count(*) as hosts from fleet f where f.pool_id = pools.pool_id group by state) counted)`;
const warm = sql<number>`(
  select count(*)::integer from activations a join fleet f using (host_id)
  where a.pool_id = pools.pool_id and a.state = 'warm' and f.state = 'idle')`;

type PoolRow = Selectable<Tables['pools']> & { readonly hosts: Partial<Pool['hosts']> | null; readonly warm: number };

/** False when there is one of that name. */
export async function insertPool(
  tx: Executor,
  pool: Pick<Pool, 'pool_id' | 'policy' | 'created_by'>,
): Promise<boolean> {
  const { numInsertedOrUpdatedRows = 0n } = await tx
    .insertInto('pools')
    .values({ ...pool, policy: jsonbText(pool.policy) })
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst();
  return numInsertedOrUpdatedRows > 0n;
}

export async function findPool(db: Executor, poolId: string): Promise<Pool | null> {
  const row = await db
    .selectFrom('pools')
    .selectAll()
    .select([counts.as('hosts'), warm.as('warm')])
    .where('pool_id', '=', poolId)
    .executeTakeFirst();
  return row === undefined ? null : poolWith(row);
}

/** Its policy; whoever fills, empties, changes or removes the pool comes after this transaction. */
export async function lockPool(tx: Executor, poolId: string): Promise<PoolPolicy | null> {
  const row = await tx
    .selectFrom('pools')
    .select('policy')
    .where('pool_id', '=', poolId)
    .forUpdate()
    .executeTakeFirst();
  return (row?.policy ?? null) as PoolPolicy | null;
}

export async function listPools(db: Executor, page: PageRequest): Promise<Page<Pool>> {
  let query = db
    .selectFrom('pools')
    .selectAll()
    .select([counts.as('hosts'), warm.as('warm')])
    .orderBy('pool_id')
    .limit(page.limit + 1);
  if (page.cursor !== undefined) query = query.where('pool_id', '>', page.cursor);
  return pageOf((await query.execute()).map(poolWith), page.limit, ({ pool_id }) => pool_id);
}

/** Of those that keep hosts ready, or have some that they kept. */
export async function poolsWithSpares(db: Executor): Promise<readonly string[]> {
  const { rows } = await sql<{ pool_id: string }>`
    select pool_id from pools where (policy->>'warm')::integer > 0
    union select pool_id from activations where spare and state not in ('ended', 'failed') order by 1`.execute(db);
  return rows.map(({ pool_id }) => pool_id);
}

export async function countPools(db: Executor): Promise<number> {
  const { count } = await db
    .selectFrom('pools')
    .select(sql<number>`count(*)::integer`.as('count'))
    .executeTakeFirstOrThrow();
  return count;
}

export async function countHostsOf(db: Executor, poolId: string): Promise<number> {
  const { count } = await db
    .selectFrom('fleet')
    .select(sql<number>`count(*)::integer`.as('count'))
    .where('pool_id', '=', poolId)
    .executeTakeFirstOrThrow();
  return count;
}

export async function setPolicyOf(tx: Executor, poolId: string, policy: PoolPolicy): Promise<void> {
  await tx
    .updateTable('pools')
    .set({ policy: jsonbText(policy) })
    .where('pool_id', '=', poolId)
    .execute();
}

/** What was drawn from it is forgotten with it; the audit keeps that. */
export async function deletePool(tx: Executor, poolId: string): Promise<void> {
  await tx.deleteFrom('activations').where('pool_id', '=', poolId).execute();
  await tx.deleteFrom('pools').where('pool_id', '=', poolId).execute();
}

function poolWith({ policy, created_at, hosts, ...row }: PoolRow): Pool {
  return {
    ...row,
    policy: policy as PoolPolicy,
    created_at: created_at.toISOString(),
    hosts: { ...noHosts, ...hosts },
  };
}
