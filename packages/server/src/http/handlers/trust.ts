import { createJoinToken, createToken, withdrawToken } from '../../app/tokens.ts';
import { listTokens } from '../../store/tokens.ts';
import type { Handlers } from '../handler.ts';
import type { HandlerParts } from './index.ts';

type Names = 'createJoinToken' | 'createToken' | 'listTokens' | 'deleteToken';

export function trustHandlers({ database }: HandlerParts): Pick<Handlers, Names> {
  return {
    createJoinToken: ({ body, caller }) => createJoinToken(database, caller, body),
    createToken: ({ body, caller }) => createToken(database, caller, body),
    listTokens: ({ query }) => listTokens(database, query),
    deleteToken: ({ params, caller }) => withdrawToken(database, caller, params.token_id),
  };
}
