/** What sends requests to hosts, and taking hosts out of it. */
import { z } from 'zod';
import { hostId } from '../schemas/ids.ts';
import { trafficName, trafficState, trafficSummary, trafficTurn, trafficWrite } from '../schemas/traffic.ts';
import { fleet } from './resource.ts';
import type { Route } from './route.ts';

const params = z.strictObject({ name: trafficName });
const hostParams = z.strictObject({ name: trafficName, host_id: hostId });
const query = z.strictObject({
  /** Asks each of them about each of its hosts. */
  live: z.enum(['true', 'false']).default('false'),
});

export const trafficRoutes = {
  listTraffic: {
    method: 'GET',
    path: '/traffic',
    action: 'traffic:read',
    resource: fleet,
    summary: 'What sends requests to hosts, and whether it does when asked to look',
    query,
    response: z.object({ items: z.array(trafficSummary) }),
    statuses: [200],
  },
  getTraffic: {
    method: 'GET',
    path: '/traffic/{name}',
    action: 'traffic:read',
    resource: fleet,
    summary: 'One of what sends requests to hosts',
    params,
    query,
    response: trafficSummary,
    statuses: [200],
  },
  putTraffic: {
    method: 'PUT',
    path: '/traffic/{name}',
    action: 'traffic:write',
    resource: fleet,
    summary: 'Tell of a load balancer or a DNS name that sends requests to hosts',
    params,
    body: trafficWrite,
    secretBody: true,
    response: trafficSummary,
    statuses: [200],
  },
  deleteTraffic: {
    method: 'DELETE',
    path: '/traffic/{name}',
    action: 'traffic:write',
    resource: fleet,
    summary: 'Forget it; what it does now it goes on doing',
    params,
    response: 'none',
    statuses: [204],
  },
  drainHost: {
    method: 'POST',
    path: '/traffic/{name}/hosts/{host_id}/drain',
    action: 'traffic:drain',
    resource: { of: 'params', type: 'Host', name: 'host_id' },
    summary: 'Let nothing new come to a host, and wait for what is under way',
    params: hostParams,
    body: trafficTurn,
    response: trafficState,
    statuses: [200],
  },
  restoreHost: {
    method: 'POST',
    path: '/traffic/{name}/hosts/{host_id}/restore',
    action: 'traffic:drain',
    resource: { of: 'params', type: 'Host', name: 'host_id' },
    summary: 'Send requests to a host again, once it is healthy; only one that is in production',
    params: hostParams,
    body: trafficTurn,
    response: trafficState,
    statuses: [200],
  },
} as const satisfies Record<string, Route>;
