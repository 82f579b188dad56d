import { z } from 'zod';
import { hostId, name } from '../schemas/ids.ts';
import { pageOf, pageQuery } from '../schemas/page.ts';
import { pool, poolPolicy } from '../schemas/pool.ts';
import type { Route } from './route.ts';

const params = z.strictObject({ pool_id: name });
const hostParams = params.extend({ host_id: hostId });
const onPool = { of: 'params', type: 'Pool', name: 'pool_id' } as const;

export const poolRoutes = {
  createPool: {
    method: 'POST',
    path: '/pools',
    action: 'pool:write',
    resource: { of: 'handler', types: ['Pool'] },
    summary: 'Make a pool, without hosts yet',
    body: z.strictObject({ pool_id: name, policy: poolPolicy.optional() }),
    response: pool,
    statuses: [201],
  },
  listPools: {
    method: 'GET',
    path: '/pools',
    action: 'pool:read',
    resource: { of: 'list', types: ['Pool'] },
    summary: 'Every pool, with what its hosts are doing',
    query: pageQuery,
    response: pageOf(pool),
    statuses: [200],
  },
  getPool: {
    method: 'GET',
    path: '/pools/{pool_id}',
    action: 'pool:read',
    resource: onPool,
    summary: 'One pool',
    params,
    response: pool,
    statuses: [200],
  },
  putPool: {
    method: 'PUT',
    path: '/pools/{pool_id}',
    action: 'pool:write',
    resource: onPool,
    summary: 'Say how many idle hosts of a pool are kept ready, and with what',
    params,
    body: z.strictObject({ policy: poolPolicy }),
    response: pool,
    statuses: [200],
  },
  deletePool: {
    method: 'DELETE',
    path: '/pools/{pool_id}',
    action: 'pool:write',
    resource: onPool,
    summary: 'Remove a pool that has no hosts',
    params,
    response: 'none',
    statuses: [204],
  },
  addPoolHost: {
    method: 'PUT',
    path: '/pools/{pool_id}/hosts/{host_id}',
    action: 'pool:write',
    resource: onPool,
    summary: 'Put a host that is in production or idle into a pool, where it waits to be needed',
    params: hostParams,
    response: 'none',
    statuses: [204],
  },
  removePoolHost: {
    method: 'DELETE',
    path: '/pools/{pool_id}/hosts/{host_id}',
    action: 'pool:write',
    resource: onPool,
    summary: 'Take an idle host out of its pool, back into production',
    params: hostParams,
    response: 'none',
    statuses: [204],
  },
} as const satisfies Record<string, Route>;
