/** The port for people and programs: every route of @guise/api behind a bearer token. */
import { limits } from '@guise/model';
import type { FastifyInstance } from 'fastify';
import fastify from 'fastify';
import type { Authenticate } from './bind-routes.ts';
import { bindRoutes } from './bind-routes.ts';
import type { Handlers } from './handler.ts';
import type { Metrics } from './metrics.ts';
import { refuseCleanly } from './refusals.ts';

export interface ServerAppParts {
  readonly handlers: Handlers;
  readonly authenticate: Authenticate;
  readonly metrics: Metrics;
  readonly tls: { readonly cert: string; readonly key: string } | null;
  readonly onFailure: (error: unknown) => void;
}

export function buildServerApp({ handlers, authenticate, metrics, tls, onFailure }: ServerAppParts): FastifyInstance {
  const app = fastify({
    bodyLimit: limits.requestBodyBytes,
    requestTimeout: limits.requestTimeoutMs,
    forceCloseConnections: true,
    routerOptions: { maxParamLength: 256 },
    ...(tls === null ? {} : { https: { ...tls, minVersion: 'TLSv1.3' } }),
  });
  refuseCleanly(app, onFailure);
  bindRoutes(app, handlers, authenticate);
  app.addHook('onResponse', async (request, reply) => {
    const route = `${request.method} ${request.routeOptions.url ?? 'unknown'}`;
    metrics.add('guise_http_requests_total', 1, { route, status: String(reply.statusCode) });
  });
  return app as unknown as FastifyInstance;
}
