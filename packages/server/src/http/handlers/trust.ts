import { publishRoot, showRoot } from '../../app/publish-root.ts';
import { createJoinToken, createToken, withdrawToken } from '../../app/tokens.ts';
import { listTokens } from '../../store/tokens.ts';
import type { Handlers } from '../handler.ts';
import type { HandlerParts } from './index.ts';

type Names = 'getRoot' | 'putRoot' | 'createJoinToken' | 'createToken' | 'listTokens' | 'deleteToken';

export function trustHandlers({ database, trust, authorityDigest }: HandlerParts): Pick<Handlers, Names> {
  return {
    getRoot: () => showRoot(database, trust),
    putRoot: ({ body, caller }) => publishRoot(database, { trust, caller }, body.envelope),
    createJoinToken: ({ body, caller }) => createJoinToken(database, caller, { ...body, authorityDigest }),
    createToken: ({ body, caller }) => createToken(database, caller, body),
    listTokens: ({ query }) => listTokens(database, query),
    deleteToken: ({ params, caller }) => withdrawToken(database, caller, params.token_id),
  };
}
