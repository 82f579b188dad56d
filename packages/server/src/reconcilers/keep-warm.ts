/**
 * Keeps as many idle hosts of each pool ready as its policy says, with what it says.
 *
 * A spare is an activation that nobody asked for yet. Runs on news of pools, hosts and personas, and on a period in case a signal was
 * lost. Idempotent, and safe in several processes: a pool is locked while it is looked at. Killed in between: the next look does the rest.
 */
import { canonicalJson, GuiseError, limits } from '@guise/model';
import { beginLeaving, type Move } from '../app/activation-moves.ts';
import { checkedTerms } from '../app/activation-terms.ts';
import { begun } from '../app/activations.ts';
import { type Activation, lockActivation, spareFailed, sparesOf } from '../store/activations.ts';
import type { Database, Executor } from '../store/database.ts';
import { mutate } from '../store/database.ts';
import type { Listener } from '../store/listener.ts';
import { poolHosts } from '../store/pool-hosts.ts';
import { lockPool, type PoolPolicy, poolsWithSpares } from '../store/pools.ts';
import type { Signal } from '../store/signal.ts';
import { periodically } from './periodically.ts';

interface Parts {
  readonly database: Database;
  readonly listener: Listener;
  readonly onFailure: (error: unknown) => void;
}

export interface WarmKeeper {
  stop(): Promise<void>;
}

const nothing: Move = { audit: null, signals: [] };

export function keepWarm({ database, listener, onFailure }: Parts): WarmKeeper {
  let running: Promise<void> | null = null;
  let isDue = false;
  let isStopped = false;
  const round = async () => {
    while (isDue && !isStopped) {
      isDue = false;
      // One that cannot be kept leaves the others as they are to be.
      for (const poolId of await poolsWithSpares(database)) await keepPool(database, poolId).catch(onFailure);
    }
  };
  const look = () => {
    isDue = true;
    running ??= round()
      .catch(onFailure)
      .finally(() => {
        running = null;
      });
    return running;
  };
  const unsubscribe = listener.subscribe((signal) => {
    if (isNews(signal)) void look();
  });
  const period = periodically(limits.warmPeriodMs, look, onFailure);
  void look();
  return {
    stop: async () => {
      isStopped = true;
      unsubscribe();
      await period.stop();
      await running;
    },
  };
}

function isNews(signal: Signal): boolean {
  return (
    signal.type === 'event' &&
    /^(pool\.changed|activation\.changed|host\.(state|connected)|persona\.(published|rolled_back))$/.test(signal.event)
  );
}

/** One spare at a time comes or goes, so that each is told of by itself. */
async function keepPool(database: Database, poolId: string): Promise<void> {
  for (let changes = 0; changes < limits.warmHostsPerPool; changes++) {
    const isChanged = await mutate(database, `pool/${poolId}`, async (tx) => {
      const move = await nextMove(tx, poolId);
      return { ...(move ?? nothing), value: move !== null };
    });
    if (!isChanged) return;
  }
}

/** Null when all is as it should be, or cannot be now. */
async function nextMove(tx: Executor, poolId: string): Promise<Move | null> {
  const policy = await lockPool(tx, poolId);
  if (policy === null) return null;
  const spares = await sparesOf(tx, poolId);
  const surplus = surplusOf(spares, policy);
  if (surplus !== null) {
    const spare = await lockActivation(tx, surplus.activation_id);
    return spare?.spare === true ? beginLeaving(tx, spare) : null;
  }
  return wantedOf(spares, policy) < policy.warm ? anotherSpare(tx, poolId, policy) : null;
}

/** One too many, or of something else than is wanted now; the newest first, because it has come least far. */
function surplusOf(spares: readonly Activation[], policy: PoolPolicy): Activation | null {
  const staying = spares.filter(({ state }) => state !== 'deactivating');
  const wrong = staying.find((spare) => !isWanted(spare, policy));
  if (wrong !== undefined) return wrong;
  return staying.length > policy.warm ? (staying[0] ?? null) : null;
}

function wantedOf(spares: readonly Activation[], policy: PoolPolicy): number {
  return spares.filter((spare) => spare.state !== 'deactivating' && isWanted(spare, policy)).length;
}

function isWanted({ persona_id, parameters }: Activation, policy: PoolPolicy): boolean {
  return persona_id === policy.persona_id && canonicalJson(parameters) === canonicalJson(policy.parameters ?? {});
}

/** Only when a host waits for it, and not again at once where it failed: somebody has to look at that first. */
async function anotherSpare(tx: Executor, poolId: string, policy: PoolPolicy): Promise<Move | null> {
  const { persona_id, parameters } = policy;
  if (persona_id === undefined || (await spareFailed(tx, poolId, persona_id))) return null;
  const hosts = await poolHosts(tx, poolId);
  const waiting = hosts.filter(
    ({ state, connected, settled, busy, warm_for }) =>
      state === 'idle' && connected && settled && !busy && warm_for === null,
  );
  const pending = (await sparesOf(tx, poolId)).filter(({ state }) => state === 'pending');
  if (waiting.length <= pending.length) return null;
  try {
    const terms = await checkedTerms(tx, { persona_id, parameters });
    return await begun(tx, { ...terms, pool_id: poolId, spare: true, requested_by: `pool/${poolId}` });
  } catch (error) {
    // The persona went, or takes other parameters now: nothing can be kept ready before the policy is changed.
    if (error instanceof GuiseError) return null;
    throw error;
  }
}
