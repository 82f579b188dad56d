import { endActivation, requestActivation, requireActivation } from '../../app/activations.ts';
import { requirePool } from '../../app/pools.ts';
import { listActivations } from '../../store/activations.ts';
import type { Handlers } from '../handler.ts';
import type { HandlerParts } from './index.ts';

type Names = 'createActivation' | 'listActivations' | 'getActivation' | 'deleteActivation';

export function activationHandlers({ database, permissions }: HandlerParts): Pick<Handlers, Names> {
  const pool = (id: string) => ({ type: 'Pool', id }) as const;
  return {
    createActivation: async ({ params, body, caller }) => {
      await permissions.require(caller, [pool(params.pool_id)], [body.persona_id]);
      return requestActivation(database, caller, params.pool_id, body);
    },
    listActivations: async ({ params, query: { open, ...page } }) => {
      await requirePool(database, params.pool_id);
      return listActivations(database, { ...page, pool_id: params.pool_id, open: open !== undefined });
    },
    getActivation: async ({ params, caller }) => {
      const activation = await requireActivation(database, params.activation_id);
      await permissions.require(caller, [pool(activation.pool_id)]);
      return activation;
    },
    deleteActivation: async ({ params, caller }) => {
      const { pool_id, persona_id } = await requireActivation(database, params.activation_id);
      await permissions.require(caller, [pool(pool_id)], [persona_id]);
      return endActivation(database, caller, params.activation_id);
    },
  };
}
