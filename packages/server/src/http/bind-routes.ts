/**
 * Gives every route of @guise/api its place in Fastify: who may, what goes in checked, what comes out cut to its schema.
 *
 * Invariants: anonymous requests get 401 everywhere, also where there is no route, but on routes that say otherwise; a gate is
 * passed before anything of the body is read.
 */
import type { Route, RouteName } from '@guise/api';
import { routes } from '@guise/api';
import { limits } from '@guise/model';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { bearerOf } from './bearer.ts';
import { checkBody, checkPart } from './check-part.ts';
import type { Doors } from './doors.ts';
import { eventBodyText } from './event-body.ts';
import type { CallContext, Handlers } from './handler.ts';
import { readQuietly } from './secret-body.ts';

export type Authenticate = (token: string | null) => Promise<string>;
export type AnyHandler = (call: { params: unknown; query: unknown; body: unknown } & CallContext) => Promise<unknown>;

/** Lets a request in or throws. Without a length the body may be as long as the route allows. */
export type Gates = { readonly [Name in RouteName]?: (actor: string, bodyBytes: number) => void };

const nothing = z.strictObject({});
const anonymousActor = 'anonymous';

export interface Bindings {
  readonly handlers: Handlers;
  readonly gates: Gates;
  readonly authenticate: Authenticate;
  readonly doors: Doors;
}

export function bindRoutes(app: FastifyInstance, { handlers, gates, authenticate, doors }: Bindings): void {
  const anonymous = new Set(Object.values<Route>(routes).flatMap((route) => (route.anonymous ? [route.path] : [])));
  const actors = new WeakMap<FastifyRequest, string>();
  app.addHook('onRequest', async (request, reply) => {
    const bearer = bearerOf(request);
    const isOpen = anonymous.has((request.routeOptions.url ?? '') as `/${string}`);
    if (isOpen || bearer === null) doors.admit(request.ip, reply);
    if (isOpen) return;
    const actor = await doors.login(request, reply, bearer, authenticate);
    doors.admit(actor, reply);
    actors.set(request, actor);
  });
  for (const [name, route] of Object.entries<Route>(routes)) {
    const handler = handlers[name as RouteName] as AnyHandler;
    const gate = gates[name as RouteName];
    const bodyLimit = route.bodyBytes ?? limits.requestBodyBytes;
    app.route({
      method: route.method,
      url: route.path.replaceAll(/\{(\w+)\}/g, ':$1'),
      bodyLimit,
      onRequest: async (request) => {
        const length = request.headers['content-length'];
        gate?.(actors.get(request) ?? anonymousActor, length === undefined ? bodyLimit : Number(length));
      },
      handler: async (request, reply) => {
        void reply.status(route.statuses[0]);
        const answered = await handler({
          params: checkPart(route.params ?? nothing, request.params, 'params'),
          query: checkPart(route.query ?? nothing, request.query, 'query'),
          body: bodyOf(route, request),
          caller: { actor: actors.get(request) ?? anonymousActor, action: route.action },
          setStatus: (status) => void reply.status(status),
        });
        return answer(reply, route, answered);
      },
    });
  }
}

/** Bodies are parsed where they are checked. */
export function textOf(request: FastifyRequest): string {
  return typeof request.body === 'string' ? request.body : '';
}

function bodyOf(route: Route, request: FastifyRequest): unknown {
  const { body } = route;
  if (body === undefined) return undefined;
  const read = () => checkBody(body, bodyTextOf(route, request));
  return route.secretBody === true ? readQuietly(read) : read();
}

function bodyTextOf(route: Route, request: FastifyRequest): string {
  const text = textOf(request);
  return route.events ? eventBodyText(request.headers, text) : text;
}

/** Cut to the schema of the route. */
export function answer(reply: FastifyReply, route: Route, answered: unknown): FastifyReply {
  switch (route.response) {
    case 'none':
      return reply.send();
    case 'text/plain':
      return reply.type('text/plain; version=0.0.4; charset=utf-8').send(answered);
    case 'text/event-stream':
      return reply.type('text/event-stream').header('cache-control', 'no-store').send(answered);
    default:
      return reply.type('application/json; charset=utf-8').send(JSON.stringify(route.response.parse(answered)));
  }
}
