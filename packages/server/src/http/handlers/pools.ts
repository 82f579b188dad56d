import type { Caller } from '../../app/caller.ts';
import { addPoolHost, changePool, createPool, removePool, removePoolHost, requirePool } from '../../app/pools.ts';
import { listPools, type PoolPolicy } from '../../store/pools.ts';
import type { Handlers } from '../handler.ts';
import type { HandlerParts } from './index.ts';

type Names = 'createPool' | 'listPools' | 'getPool' | 'putPool' | 'deletePool' | 'addPoolHost' | 'removePoolHost';

export function poolHandlers({ database, permissions }: HandlerParts): Pick<Handlers, Names> {
  const requireWrite = (caller: Caller, id: string) => permissions.require(caller, [{ type: 'Pool', id }]);
  /** What is kept ready is drawn, whoever asks for it first. */
  const requirePolicy = async (caller: Caller, id: string, policy: PoolPolicy | undefined) => {
    if (policy?.persona_id === undefined) return;
    await permissions.require({ ...caller, action: 'pool:activate' }, [{ type: 'Pool', id }], [policy.persona_id]);
  };
  // Whoever may change a pool could otherwise take any host into it, and have all that the pool may have.
  const requireHost = (caller: Caller, id: string) => permissions.require(caller, [{ type: 'Host', id }]);
  return {
    createPool: async ({ body: { pool_id, policy }, caller }) => {
      await requireWrite(caller, pool_id);
      await requirePolicy(caller, pool_id, policy);
      return createPool(database, caller, pool_id, policy);
    },
    listPools: async ({ query, caller }) => {
      const page = await listPools(database, query);
      const items = await permissions.visible(caller, page.items, ({ pool_id: id }) => ({ type: 'Pool', id }));
      return { ...page, items };
    },
    getPool: ({ params }) => requirePool(database, params.pool_id),
    putPool: async ({ params, body, caller }) => {
      await requirePolicy(caller, params.pool_id, body.policy);
      return changePool(database, caller, params.pool_id, body.policy);
    },
    deletePool: ({ params, caller }) => removePool(database, caller, params.pool_id),
    addPoolHost: async ({ params, caller }) => {
      await requireHost(caller, params.host_id);
      await addPoolHost(database, caller, params.pool_id, params.host_id);
    },
    removePoolHost: async ({ params, caller }) => {
      await requireHost(caller, params.host_id);
      await removePoolHost(database, caller, params.pool_id, params.host_id);
    },
  };
}
