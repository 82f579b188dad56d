import { publishRoot, showRoot } from '../../app/publish-root.ts';
import { createJoinToken, createToken, withdrawToken } from '../../app/tokens.ts';
import { wholeFleet } from '../../permissions/resource.ts';
import { listTokens } from '../../store/tokens.ts';
import type { Handlers } from '../handler.ts';
import type { HandlerParts } from './index.ts';

type Names = 'getRoot' | 'putRoot' | 'createJoinToken' | 'createToken' | 'listTokens' | 'deleteToken';

export function trustHandlers({
  database,
  trust,
  authorityDigest,
  permissions,
  policies,
}: HandlerParts): Pick<Handlers, Names> {
  return {
    getRoot: () => showRoot(database, trust),
    putRoot: ({ body, caller }) => publishRoot(database, { trust, caller }, body.envelope),
    createJoinToken: async ({ body, caller }) => {
      const { host_id, tags } = body;
      await permissions.require(caller, [host_id === undefined ? wholeFleet : { type: 'Host', id: host_id }]);
      const given = Object.entries(tags).map(([key, value]) => ({ type: 'Tag', id: `${key}=${value}` }) as const);
      // The host that comes with it has them, as if somebody had tagged it.
      if (given.length > 0) await permissions.require({ ...caller, action: 'host:tag' }, given);
      return createJoinToken(database, caller, { ...body, authorityDigest });
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
  };
}
