import { z } from 'zod';
import { pageOf, pageQuery } from '../schemas/page.ts';
import { auditEntry, joinToken, joinTokenRequest, newToken, tokenRequest, tokenSummary } from '../schemas/trust.ts';
import { fleet } from './resource.ts';
import type { Route } from './route.ts';

export const trustRoutes = {
  createJoinToken: {
    method: 'POST',
    path: '/join-tokens',
    action: 'host:enroll',
    resource: { of: 'handler', types: ['Fleet', 'Host'] },
    summary: 'A token with which one host may enrol, once and soon',
    body: joinTokenRequest,
    response: joinToken,
    statuses: [201],
  },
  createToken: {
    method: 'POST',
    path: '/tokens',
    action: 'token:write',
    resource: { of: 'handler', types: ['Token'] },
    summary: 'A bearer token for a person or a program; told once',
    body: tokenRequest,
    response: newToken,
    statuses: [201],
  },
  listTokens: {
    method: 'GET',
    path: '/tokens',
    action: 'token:read',
    resource: { of: 'list', types: ['Token'] },
    summary: 'Bearer tokens, without the tokens themselves',
    query: pageQuery,
    response: pageOf(tokenSummary),
    statuses: [200],
  },
  deleteToken: {
    method: 'DELETE',
    path: '/tokens/{token_id}',
    action: 'token:write',
    resource: { of: 'params', type: 'Token', name: 'token_id' },
    summary: 'Withdraw a bearer token, at once',
    params: z.strictObject({ token_id: z.uuid() }),
    response: 'none',
    statuses: [204],
  },
  listAudit: {
    method: 'GET',
    path: '/audit',
    action: 'audit:read',
    resource: fleet,
    summary: 'Every mutation, newest first',
    query: pageQuery.extend({
      cursor: z
        .string()
        .regex(/^\d{1,19}$/, 'must be a cursor from the last page')
        .optional(),
      resource: z.string().max(512).optional(),
    }),
    response: pageOf(auditEntry),
    statuses: [200],
  },
} as const satisfies Record<string, Route>;
