import { envelope } from '@guise/model/trust';
import { z } from 'zod';
import { pageOf, pageQuery } from '../schemas/page.ts';
import {
  auditEntry,
  joinToken,
  joinTokenRequest,
  newToken,
  tokenRequest,
  tokenSummary,
  trustRoot,
} from '../schemas/trust.ts';
import type { Route } from './route.ts';

export const trustRoutes = {
  getRoot: {
    method: 'GET',
    path: '/trust/root',
    action: 'persona:read',
    summary: 'The trust root: whose signatures hosts here believe',
    response: trustRoot,
    statuses: [200],
  },
  putRoot: {
    method: 'PUT',
    path: '/trust/root',
    action: 'root:write',
    summary: 'Take the next trust root, signed by those of this one and by its own; agents hear of it at once',
    body: z.strictObject({ envelope }),
    response: trustRoot,
    statuses: [200],
  },
  createJoinToken: {
    method: 'POST',
    path: '/join-tokens',
    action: 'host:enroll',
    summary: 'A token with which one host may enrol, once and soon',
    body: joinTokenRequest,
    response: joinToken,
    statuses: [201],
  },
  createToken: {
    method: 'POST',
    path: '/tokens',
    action: 'token:write',
    summary: 'A bearer token for a person or a program; told once',
    body: tokenRequest,
    response: newToken,
    statuses: [201],
  },
  listTokens: {
    method: 'GET',
    path: '/tokens',
    action: 'token:read',
    summary: 'Bearer tokens, without the tokens themselves',
    query: pageQuery,
    response: pageOf(tokenSummary),
    statuses: [200],
  },
  deleteToken: {
    method: 'DELETE',
    path: '/tokens/{token_id}',
    action: 'token:write',
    summary: 'Withdraw a bearer token, at once',
    params: z.strictObject({ token_id: z.uuid() }),
    response: 'none',
    statuses: [204],
  },
  listAudit: {
    method: 'GET',
    path: '/audit',
    action: 'audit:read',
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
