import { z } from 'zod';
import { json } from '../schemas/json.ts';
import { fleet } from './resource.ts';
import type { Route } from './route.ts';

export const systemRoutes = {
  getHealth: {
    method: 'GET',
    path: '/healthz',
    action: 'system:read',
    resource: fleet,
    summary: 'Whether this process can serve: its database answers',
    response: z.object({ status: z.literal('ok') }),
    statuses: [200],
    anonymous: true,
  },
  getMetrics: {
    method: 'GET',
    path: '/metrics',
    action: 'system:read',
    resource: fleet,
    summary: 'Measurements in Prometheus’ text format',
    response: 'text/plain',
    statuses: [200],
  },
  getOpenapi: {
    method: 'GET',
    path: '/openapi.json',
    action: 'system:read',
    resource: fleet,
    summary: 'This description',
    response: z.record(z.string(), json),
    statuses: [200],
  },
  streamEvents: {
    method: 'GET',
    path: '/events',
    action: 'system:read',
    resource: fleet,
    summary: 'What happens, as server-sent events, from now on; with tags, what happens to hosts that have them',
    query: z.strictObject({
      /** As of `GET /hosts`: `role=web`, `env!=prod`, or `rack` for any value. All must hold. */
      tags: z.string().max(1024).optional(),
    }),
    response: 'text/event-stream',
    statuses: [200],
  },
} as const satisfies Record<string, Route>;
