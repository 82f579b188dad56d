/**
 * Gives every route of @guise/api its place in Fastify: who may, what goes in checked, what comes out cut to its schema.
 *
 * Invariant: anonymous requests get 401 everywhere, also where there is no route, but on routes that say otherwise.
 */
import type { Route } from '@guise/api';
import { routes } from '@guise/api';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { bearerOf } from './bearer.ts';
import { checkBody, checkPart } from './check-part.ts';
import type { CallContext, Handlers } from './handler.ts';

export type Authenticate = (token: string | null) => Promise<string>;
type AnyHandler = (call: { params: unknown; query: unknown; body: unknown } & CallContext) => Promise<unknown>;

const nothing = z.strictObject({});

export function bindRoutes(app: FastifyInstance, handlers: Handlers, authenticate: Authenticate): void {
  const anonymous = new Set(Object.values<Route>(routes).flatMap((route) => (route.anonymous ? [route.path] : [])));
  const actors = new WeakMap<FastifyRequest, string>();
  app.addHook('onRequest', async (request) => {
    if (anonymous.has((request.routeOptions.url ?? '') as `/${string}`)) return;
    actors.set(request, await authenticate(bearerOf(request)));
  });
  for (const [name, route] of Object.entries<Route>(routes)) {
    const handler = handlers[name as keyof Handlers] as AnyHandler;
    app.route({
      method: route.method,
      url: route.path.replaceAll(/\{(\w+)\}/g, ':$1'),
      handler: async (request, reply) => {
        void reply.status(route.statuses[0]);
        const answer = await handler({
          params: checkPart(route.params ?? nothing, request.params, 'params'),
          query: checkPart(route.query ?? nothing, request.query, 'query'),
          body: route.body === undefined ? undefined : checkBody(route.body, textOf(request)),
          caller: { actor: actors.get(request) ?? 'anonymous', action: route.action },
          setStatus: (status) => void reply.status(status),
        });
        return send(reply, route, answer);
      },
    });
  }
}

/** Bodies are parsed where they are checked. */
export function textOf(request: FastifyRequest): string {
  return typeof request.body === 'string' ? request.body : '';
}

function send(reply: FastifyReply, route: Route, answer: unknown): FastifyReply {
  switch (route.response) {
    case 'none':
      return reply.send();
    case 'text/plain':
      return reply.type('text/plain; version=0.0.4; charset=utf-8').send(answer);
    case 'text/event-stream':
      return reply.type('text/event-stream').header('cache-control', 'no-store').send(answer);
    default:
      return reply.type('application/json; charset=utf-8').send(JSON.stringify(route.response.parse(answer)));
  }
}
