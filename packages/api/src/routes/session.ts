/**
 * Logging in with an identity provider (OpenID Connect), and who one is.
 *
 * The browser goes `/auth/login` → issuer → `/auth/callback` → the command line on the person's own machine, which then trades the
 * code it got for a token. Without a way in there is no token yet, so these three are open to anybody, and slow.
 */
import { callbackQuery, loginCode, loginQuery, session, sessionToken } from '../schemas/permissions.ts';
import { fleet } from './resource.ts';
import type { Route } from './route.ts';

export const sessionRoutes = {
  beginLogin: {
    method: 'GET',
    path: '/auth/login',
    action: 'session:write',
    resource: fleet,
    summary: 'Send a browser to the identity provider',
    query: loginQuery,
    response: 'redirect',
    statuses: [302],
    anonymous: true,
  },
  finishLogin: {
    method: 'GET',
    path: '/auth/callback',
    action: 'session:write',
    resource: fleet,
    summary: 'Where the identity provider sends the browser back to',
    query: callbackQuery,
    response: 'redirect',
    statuses: [302],
    anonymous: true,
  },
  createSession: {
    method: 'POST',
    path: '/auth/token',
    action: 'session:write',
    resource: fleet,
    summary: 'Trade the code of a login for a token that lives for a working day',
    body: loginCode,
    response: sessionToken,
    statuses: [201],
    anonymous: true,
  },
  getSession: {
    method: 'GET',
    path: '/session',
    action: 'session:read',
    resource: fleet,
    summary: 'Who the bearer of the token is',
    response: session,
    statuses: [200],
  },
  deleteSession: {
    method: 'DELETE',
    path: '/session',
    action: 'session:write',
    resource: fleet,
    summary: 'End the session: its token is refused from now on',
    response: 'none',
    statuses: [204],
  },
} as const satisfies Record<string, Route>;
