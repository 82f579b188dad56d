/**
 * Pools, and which hosts are in them.
 *
 * Invariants: a host is in one pool at most; a host that somebody has borrowed, or that is changing, neither comes nor goes; what comes
 * into a pool is idle, and what leaves it is in production.
 * Throws: `pool_not_found`, `pool_exists`, `pool_in_use`, `host_not_found`, `host_busy`, `argument_invalid`, `limit_exceeded`, and
 * what the terms of an activation are refused for.
 */
import type { HostId } from '@guise/model';
import { GuiseError, limits } from '@guise/model';
import { activationsOn, lockSparesOn } from '../store/activations.ts';
import type { Database, Executor, Mutation } from '../store/database.ts';
import { mutate } from '../store/database.ts';
import { type FleetHost, isLeased, lockFleetHost, setFleetState, setPoolOf } from '../store/fleet.ts';
import {
  countHostsOf,
  countPools,
  deletePool,
  findPool,
  insertPool,
  lockPool,
  type Pool,
  type PoolPolicy,
  setPolicyOf,
} from '../store/pools.ts';
import { type Signal, signalsForHosts } from '../store/signal.ts';
import { dropSpares } from './activation-moves.ts';
import { checkedTerms } from './activation-terms.ts';
import type { Caller } from './caller.ts';
import { noHost } from './hosts.ts';
import { stateDigest } from './state-digest.ts';

const noPolicy: PoolPolicy = { warm: 0 };

export async function createPool(
  database: Database,
  caller: Caller,
  poolId: string,
  policy: PoolPolicy = noPolicy,
): Promise<Pool> {
  return mutate(database, caller.actor, async (tx) => {
    await requirePolicy(tx, policy);
    if ((await countPools(tx)) >= limits.poolsMax)
      throw new GuiseError('limit_exceeded', `Cannot make the pool "${poolId}": there are ${limits.poolsMax} already`);
    if (!(await insertPool(tx, { pool_id: poolId, policy, created_by: caller.actor })))
      throw new GuiseError('pool_exists', `Cannot make the pool "${poolId}": there is one`);
    return changed(tx, caller, poolId, null);
  });
}

export async function requirePool(database: Database, poolId: string): Promise<Pool> {
  const pool = await findPool(database, poolId);
  if (pool === null) throw noPool(poolId);
  return pool;
}

export async function changePool(
  database: Database,
  caller: Caller,
  poolId: string,
  policy: PoolPolicy,
): Promise<Pool> {
  return mutate(database, caller.actor, async (tx) => {
    const before = await lockPool(tx, poolId);
    if (before === null) throw noPool(poolId);
    await requirePolicy(tx, policy);
    await setPolicyOf(tx, poolId, policy);
    return changed(tx, caller, poolId, before);
  });
}

export async function removePool(database: Database, caller: Caller, poolId: string): Promise<void> {
  await mutate(database, caller.actor, async (tx) => {
    const before = await lockPool(tx, poolId);
    if (before === null) throw noPool(poolId);
    const hosts = await countHostsOf(tx, poolId);
    if (hosts > 0) throw new GuiseError('pool_in_use', `Cannot remove the pool "${poolId}": it has ${hosts} hosts`);
    await deletePool(tx, poolId);
    return {
      value: undefined,
      audit: {
        action: caller.action,
        resource: `pool/${poolId}`,
        detail: { removed: true },
        before: stateDigest(policyJson(before)),
        after: null,
      },
      signals: [poolChanged(poolId)],
    };
  });
}

export async function addPoolHost(database: Database, caller: Caller, poolId: string, hostId: HostId): Promise<void> {
  await mutate(database, caller.actor, async (tx) => {
    if ((await lockPool(tx, poolId)) === null) throw noPool(poolId);
    const host = await requireFleetHost(tx, hostId);
    if (host.pool_id === poolId) return { value: undefined, audit: null, signals: [] };
    if (host.pool_id !== null)
      throw new GuiseError(
        'host_busy',
        `Cannot put "${hostId}" into the pool "${poolId}": it is in the pool "${host.pool_id}"`,
      );
    await requireAtRest(tx, host, `put "${hostId}" into the pool "${poolId}"`);
    if ((await countHostsOf(tx, poolId)) >= limits.hostsPerPool)
      throw new GuiseError(
        'limit_exceeded',
        `Cannot put "${hostId}" into the pool "${poolId}": it has ${limits.hostsPerPool} hosts already`,
      );
    await setPoolOf(tx, hostId, poolId);
    const signals = await setFleetState(tx, hostId, 'idle');
    return movedHost(caller, host, { pool_id: poolId, state: 'idle' }, [...signals, poolChanged(poolId)]);
  });
}

/** A spare that is ready there goes; the host is then as before it. */
export async function removePoolHost(
  database: Database,
  caller: Caller,
  poolId: string,
  hostId: HostId,
): Promise<void> {
  await mutate(database, caller.actor, async (tx) => {
    if ((await lockPool(tx, poolId)) === null) throw noPool(poolId);
    await lockSparesOn(tx, hostId);
    const host = await requireFleetHost(tx, hostId);
    if (host.pool_id !== poolId) throw new GuiseError('host_not_found', `Cannot find "${hostId}" in "${poolId}"`);
    const doing = `take "${hostId}" out of the pool "${poolId}"`;
    await requireAtRest(tx, host, doing);
    const activation = (await activationsOn(tx, hostId)).find(({ state }) => state !== 'warm');
    if (activation !== undefined)
      throw new GuiseError(
        'host_busy',
        `Cannot ${doing}: it is "${activation.instance}" there (activation ${activation.activation_id})`,
      );
    const gone = await dropSpares(tx, hostId);
    await setPoolOf(tx, hostId, null);
    const signals = await setFleetState(tx, hostId, 'production');
    return movedHost(caller, host, { pool_id: null, state: 'production' }, [
      ...signals,
      ...gone,
      ...signalsForHosts([hostId]),
      poolChanged(poolId),
    ]);
  });
}

export function noPool(poolId: string): GuiseError {
  return new GuiseError('pool_not_found', `Cannot find the pool "${poolId}"`);
}

/** What is kept ready can be made ready. */
async function requirePolicy(tx: Executor, { warm, persona_id, parameters }: PoolPolicy): Promise<void> {
  if (persona_id !== undefined) await checkedTerms(tx, { persona_id, parameters });
  else if (warm > 0)
    throw new GuiseError('argument_invalid', `Cannot keep ${warm} hosts ready: persona_id must say with what`);
}

async function requireFleetHost(tx: Executor, hostId: HostId): Promise<FleetHost> {
  const host = await lockFleetHost(tx, hostId);
  if (host === null) throw noHost(hostId);
  return host;
}

async function requireAtRest(tx: Executor, { host_id, state }: FleetHost, doing: string): Promise<void> {
  const isAtRest = state === 'production' || state === 'idle';
  if (isAtRest && !(await isLeased(tx, host_id as HostId))) return;
  throw new GuiseError('host_busy', `Cannot ${doing}: it is ${state.replace('_', ' ')}`);
}

async function changed(
  tx: Executor,
  caller: Caller,
  poolId: string,
  before: PoolPolicy | null,
): Promise<Mutation<Pool>> {
  const pool = await findPool(tx, poolId);
  if (pool === null) throw noPool(poolId);
  return {
    value: pool,
    audit: {
      action: caller.action,
      resource: `pool/${poolId}`,
      detail: { policy: policyJson(pool.policy) },
      before: stateDigest(before === null ? null : policyJson(before)),
      after: stateDigest(policyJson(pool.policy)),
    },
    signals: [poolChanged(poolId)],
  };
}

function policyJson({ warm, persona_id, parameters = {} }: PoolPolicy) {
  return { warm, persona_id: persona_id ?? null, parameters };
}

function movedHost(
  caller: Caller,
  { host_id, pool_id, state }: FleetHost,
  after: { readonly pool_id: string | null; readonly state: string },
  signals: readonly Signal[],
): Mutation<undefined> {
  return {
    value: undefined,
    audit: {
      action: caller.action,
      resource: `host/${host_id}`,
      detail: after,
      before: stateDigest({ pool_id, state }),
      after: stateDigest(after),
    },
    signals,
  };
}

function poolChanged(poolId: string): Signal {
  return { type: 'event', event: 'pool.changed', subject: poolId };
}
