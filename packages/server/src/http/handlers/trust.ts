import { createJoinToken, createToken, withdrawToken } from '../../app/tokens.ts';
import { wholeFleet } from '../../permissions/resource.ts';
import { listAudit } from '../../store/audit.ts';
import { listTokens } from '../../store/tokens.ts';
import type { Handlers } from '../handler.ts';
import type { HandlerParts } from './index.ts';

type Names = 'createJoinToken' | 'createToken' | 'listTokens' | 'deleteToken' | 'listAudit';

export function trustHandlers({ database, permissions, policies }: HandlerParts): Pick<Handlers, Names> {
  return {
    createJoinToken: async ({ body, caller }) => {
      const { host_id } = body;
      await permissions.require(caller, [host_id === undefined ? wholeFleet : { type: 'Host', id: host_id }]);
      return createJoinToken(database, caller, body);
    },
    createToken: async ({ body, caller }) => {
      // What somebody makes is his own.
      await permissions.require(caller, [{ type: 'Token', id: body.name, parents: [], own: true }]);
      return createToken(database, policies.engine, caller, body);
    },
    listTokens: async ({ query, caller }) => {
      const page = await listTokens(database, query);
      const items = await permissions.visible(caller, page.items, ({ token_id, created_by }) => ({
        ...({ type: 'Token', id: token_id, parents: [] } as const),
        own: created_by === caller.actor,
      }));
      return { ...page, items };
    },
    deleteToken: ({ params, caller }) => withdrawToken(database, caller, params.token_id),
    listAudit: ({ query }) => listAudit(database, query),
  };
}
