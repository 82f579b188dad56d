import { envelope } from '@guise/model/trust';
import { z } from 'zod';
import { time } from '../schemas/ids.ts';
import { pageOf, pageQuery } from '../schemas/page.ts';
import {
  auditCheckpoint,
  auditEntry,
  auditLogName,
  auditLogPage,
  auditProof,
  joinToken,
  joinTokenRequest,
  newToken,
  tokenRequest,
  tokenSummary,
  trustRoot,
} from '../schemas/trust.ts';
import { fleet } from './resource.ts';
import type { Route } from './route.ts';

const auditCursor = z
  .string()
  .regex(/^\d{1,19}$/, 'must be a cursor from the last page')
  .optional();
const auditSize = z.coerce.number().int().min(0).max(Number.MAX_SAFE_INTEGER);

export const trustRoutes = {
  getRoot: {
    method: 'GET',
    path: '/trust/root',
    action: 'system:read',
    resource: fleet,
    summary: 'The trust root: whose signatures hosts here believe',
    response: trustRoot,
    statuses: [200],
  },
  putRoot: {
    method: 'PUT',
    path: '/trust/root',
    action: 'root:write',
    resource: fleet,
    summary: 'Take the next trust root, signed by those of this one and by its own; agents hear of it at once',
    body: z.strictObject({ envelope }),
    response: trustRoot,
    statuses: [200],
  },
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
    summary: 'Who did what to what, newest first',
    query: pageQuery.extend({
      cursor: auditCursor,
      actor: z.string().max(512).optional(),
      action: z.string().max(128).optional(),
      resource: z.string().max(512).optional(),
      since: time.optional(),
    }),
    response: pageOf(auditEntry),
    statuses: [200],
  },
  listAuditCheckpoints: {
    method: 'GET',
    path: '/audit/checkpoints',
    action: 'audit:read',
    resource: fleet,
    summary: 'Signed checkpoints of the audit log, newest first, and the key that signs them',
    query: pageQuery.extend({ cursor: auditCursor }),
    response: pageOf(auditCheckpoint).extend(auditLogName),
    statuses: [200],
  },
  exportAudit: {
    method: 'GET',
    path: '/audit/export',
    action: 'audit:read',
    resource: fleet,
    summary: 'The audit log as it is hashed, a page at a time, with all that it takes to verify it',
    query: z.strictObject({ from: auditSize.default(0) }),
    response: auditLogPage,
    statuses: [200],
  },
  getAuditProof: {
    method: 'GET',
    path: '/audit/proof',
    action: 'audit:read',
    resource: fleet,
    summary: 'That the log of so many entries has the one at an index, or goes on from a shorter one',
    query: z
      .strictObject({ size: auditSize, index: auditSize.optional(), from: auditSize.optional() })
      .refine(
        ({ index, from }) => (index === undefined) !== (from === undefined),
        'must have one of "index" and "from"',
      ),
    response: auditProof,
    statuses: [200],
  },
} as const satisfies Record<string, Route>;
