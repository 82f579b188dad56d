import { z } from 'zod';
import { fleetState, hostDetail, hostProvider, hostSummary } from '../schemas/host.ts';
import { hostId, name, tags, time } from '../schemas/ids.ts';
import { pageOf, pageQuery } from '../schemas/page.ts';
import type { Route } from './route.ts';

const params = z.strictObject({ host_id: hostId });

export const hostRoutes = {
  listHosts: {
    method: 'GET',
    path: '/hosts',
    action: 'host:read',
    resource: { of: 'list', types: ['Host'] },
    summary: 'List hosts by id',
    query: pageQuery.extend({
      /** Comma-separated: `role=web`, `env!=prod`, or `rack` for any value. All must hold. */
      tags: z.string().max(1024).optional(),
      connected: z.enum(['true', 'false']).optional(),
      state: fleetState.optional(),
      pool: name.optional(),
    }),
    response: pageOf(hostSummary),
    statuses: [200],
  },
  getHost: {
    method: 'GET',
    path: '/hosts/{host_id}',
    action: 'host:read',
    resource: { of: 'params', type: 'Host', name: 'host_id' },
    summary: 'One host with its facts, groups and desired layers',
    params,
    response: hostDetail,
    statuses: [200],
  },
  putHostTags: {
    method: 'PUT',
    path: '/hosts/{host_id}/tags',
    action: 'host:tag',
    resource: { of: 'params', type: 'Host', name: 'host_id' },
    summary: 'Replace the tags of a host',
    params,
    body: z.strictObject({ tags }),
    response: z.object({ tags }),
    statuses: [200],
  },
  putHostProvider: {
    method: 'PUT',
    path: '/hosts/{host_id}/provider',
    action: 'host:provide',
    resource: { of: 'params', type: 'Host', name: 'host_id' },
    summary: 'Say what provides a host, what that calls it, and which machine it shares with others',
    params,
    body: hostProvider,
    response: hostProvider,
    statuses: [200],
  },
  rollbackHost: {
    method: 'POST',
    path: '/hosts/{host_id}/rollback',
    action: 'host:rollback',
    resource: { of: 'params', type: 'Host', name: 'host_id' },
    summary: 'Take a host back by hand; it keeps that until what it is assigned changes',
    params,
    body: z.strictObject({ to: z.enum(['previous', 'baseline']).default('previous') }),
    response: z.object({
      result: z.enum(['unchanged', 'committed', 'rolled_back', 'stuck']),
      transaction_id: z.string().nullable(),
      suspended_at: time,
    }),
    statuses: [200],
  },
  deleteHost: {
    method: 'DELETE',
    path: '/hosts/{host_id}',
    action: 'host:delete',
    resource: { of: 'params', type: 'Host', name: 'host_id' },
    summary: 'Forget a host: its agent is refused from now on, and nothing on the host changes',
    params,
    response: 'none',
    statuses: [204],
  },
  revokeHost: {
    method: 'POST',
    path: '/hosts/{host_id}/revoke',
    action: 'host:revoke',
    resource: { of: 'params', type: 'Host', name: 'host_id' },
    summary:
      'Refuse the identity of a host, now and until it enrols again; its connections end, and nothing on the host changes',
    params,
    body: z.strictObject({ reason: z.string().max(256).optional() }),
    response: 'none',
    statuses: [204],
  },
  releaseHost: {
    method: 'POST',
    path: '/hosts/{host_id}/release',
    action: 'host:release',
    resource: { of: 'params', type: 'Host', name: 'host_id' },
    summary: 'Say that a quarantined host is in order: it goes back to what it did, as it is now',
    params,
    body: z.strictObject({ reason: z.string().min(1).max(256) }),
    response: 'none',
    statuses: [204],
  },
} as const satisfies Record<string, Route>;
