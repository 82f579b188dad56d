/** The port for people and programs: every route of @guise/api behind a bearer token. */
import { routes } from '@guise/api';
import { limits } from '@guise/model';
import type { FastifyInstance } from 'fastify';
import fastify from 'fastify';
import type { Bindings } from './bind-routes.ts';
import { bindRoutes } from './bind-routes.ts';
import { connectionOptions, headOptions } from './connection-options.ts';
import { type DoorLimits, Doors } from './doors.ts';
import type { Metrics } from './metrics.ts';
import { refuseCleanly } from './refusals.ts';

const eventsRoute = `${routes.postEvents.method} ${routes.postEvents.path}`;

export interface ServerAppParts extends Omit<Bindings, 'doors'> {
  readonly metrics: Metrics;
  readonly tls: { readonly cert: string; readonly key: string } | null;
  readonly door: DoorLimits;
  readonly onFailure: (error: unknown) => void;
}

export function buildServerApp({ metrics, tls, door, onFailure, ...bindings }: ServerAppParts): FastifyInstance {
  const app = fastify({
    bodyLimit: limits.requestBodyBytes,
    ...connectionOptions(door),
    routerOptions: { maxParamLength: 256 },
    ...(tls === null
      ? { http: headOptions(door) }
      : { https: { ...tls, minVersion: 'TLSv1.3', ...headOptions(door) } as const }),
  });
  const doors = new Doors(door);
  doors.guard(app.server);
  refuseCleanly(app, onFailure);
  bindRoutes(app, { ...bindings, doors });
  app.addHook('onResponse', async (request, reply) => {
    const route = `${request.method} ${request.routeOptions.url ?? 'unknown'}`;
    const status = String(reply.statusCode);
    metrics.add('guise_http_requests_total', 1, { route, status });
    if (route === eventsRoute && reply.statusCode >= 400) metrics.add('guise_events_refused_total', 1, { status });
  });
  return app as unknown as FastifyInstance;
}
