import { endSession } from '../../app/logins.ts';
import type { Handlers } from '../handler.ts';
import type { HandlerParts } from './index.ts';

type Names = 'beginLogin' | 'finishLogin' | 'createSession' | 'getSession' | 'deleteSession';

/** Ties the end of a login to the browser that began it. */
const cookieName = 'guise_login';

export function sessionHandlers({ database, logins }: HandlerParts): Pick<Handlers, Names> {
  return {
    beginLogin: async ({ query, setCookie }) => {
      const { url, browser, isSecure, lifeS } = await logins.begin(query);
      setCookie(
        `${cookieName}=${browser}; Path=/auth; Max-Age=${lifeS}; HttpOnly; SameSite=Lax${isSecure ? '; Secure' : ''}`,
      );
      return url;
    },
    finishLogin: ({ query, cookie }) => logins.finish(query, cookie(cookieName)),
    createSession: ({ body }) => logins.redeem(body),
    getSession: async ({ caller: { principal } }) => ({
      actor: principal.actor,
      type: principal.type === 'User' ? 'user' : 'program',
      roles: principal.roles,
      groups: principal.type === 'User' ? principal.groups : [],
      scope: principal.scope,
      expires_at: principal.expiresAt,
    }),
    deleteSession: ({ caller }) => endSession(database, caller),
  };
}
