/**
 * Gives every route of @guise/api its place in Fastify: who may, what goes in checked, what comes out cut to its schema.
 *
 * Invariants: anonymous requests get 401 everywhere, also where there is no route, but on routes that say otherwise; a gate is
 * passed, and whoever may do nothing of the kind is refused, before anything of the body is read; nothing is done, and nothing told,
 * that was not permitted; every denial is told to the audit.
 */
import type { ResourceType, Route, RouteName } from '@guise/api';
import { routes } from '@guise/api';
import { limits } from '@guise/model';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { DenialLog } from '../permissions/denial-log.ts';
import { NotPermitted } from '../permissions/not-permitted.ts';
import type { Doing, Permissions } from '../permissions/permissions.ts';
import type { Asker } from '../permissions/principal.ts';
import { anonymous as nobody } from '../permissions/principal.ts';
import type { Resource } from '../permissions/resource.ts';
import { wholeFleet } from '../permissions/resource.ts';
import { bearerOf } from './bearer.ts';
import { checkBody, checkPart } from './check-part.ts';
import type { Doors } from './doors.ts';
import { eventBodyText } from './event-body.ts';
import type { CallContext, Handlers } from './handler.ts';
import { readQuietly } from './secret-body.ts';

export type Authenticate = (token: string | null) => Promise<Asker>;
export type AnyHandler = (call: { params: unknown; query: unknown; body: unknown } & CallContext) => Promise<unknown>;

/** Lets a request in or throws. Without a length the body may be as long as the route allows. */
export type Gates = {
  readonly [Name in RouteName]?: (
    from: { readonly actor: string; readonly address: string },
    bodyBytes: number,
  ) => void;
};

const nothing = z.strictObject({});

export interface Bindings {
  readonly handlers: Handlers;
  readonly gates: Gates;
  readonly authenticate: Authenticate;
  readonly doors: Doors;
  readonly permissions: Permissions;
  readonly denials: DenialLog;
}

export function bindRoutes(app: FastifyInstance, bindings: Bindings): void {
  const { handlers, gates, authenticate, doors, permissions, denials } = bindings;
  const anonymous = new Set(Object.values<Route>(routes).flatMap((route) => (route.anonymous ? [route.path] : [])));
  const askers = new WeakMap<FastifyRequest, Asker>();
  app.addHook('onRequest', async (request, reply) => {
    const bearer = bearerOf(request);
    const isOpen = anonymous.has((request.routeOptions.url ?? '') as `/${string}`);
    if (isOpen || bearer === null) doors.admit(request.ip, reply);
    if (isOpen) return;
    const asker = await doors.login(request, reply, bearer, authenticate);
    doors.admit(asker.actor, reply);
    askers.set(request, asker);
  });
  app.addHook('onError', async (request, _reply, error) => {
    if (error instanceof NotPermitted) await denials.record((askers.get(request) ?? nobody).actor, error);
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
        const principal = askers.get(request) ?? nobody;
        gate?.({ actor: principal.actor, address: request.ip }, length === undefined ? bodyLimit : Number(length));
        if (route.anonymous) return;
        permissions.requireSome({ principal, action: route.action }, typesOf(route), namedBy(route, request.params));
      },
      handler: async (request, reply) => {
        void reply.status(route.statuses[0]);
        const params = checkPart(route.params ?? nothing, request.params, 'params');
        const principal = askers.get(request) ?? nobody;
        const doing = { principal, action: route.action };
        if (!route.anonymous) await requireRoute(permissions, doing, route, params);
        const answered = await handler({
          params,
          query: checkPart(route.query ?? nothing, request.query, 'query'),
          body: bodyOf(route, request),
          caller: { ...doing, actor: principal.actor },
          setStatus: (status) => void reply.status(status),
          cookie: (cookieName) => cookieOf(request, cookieName),
          setCookie: (cookie) => void reply.header('set-cookie', cookie),
        });
        return answer(reply, route, answered);
      },
    });
  }
}

/** Of lists each item is asked about by itself, and of what the body says its handler asks. */
async function requireRoute(permissions: Permissions, doing: Doing, route: Route, params: unknown): Promise<void> {
  const { resource } = route;
  switch (resource.of) {
    case 'fleet':
      return permissions.require(doing, [wholeFleet]);
    case 'params': {
      const personas = resource.persona === undefined ? undefined : [String(valueIn(params, resource.persona))];
      return permissions.require(doing, [namedBy(route, params)], personas);
    }
    case 'list':
    case 'handler':
      return;
  }
}

function typesOf({ resource }: Route): readonly ResourceType[] {
  if (resource.of === 'fleet') return ['Fleet'];
  return resource.of === 'params' ? [resource.type] : resource.types;
}

function namedBy({ resource }: Route, params: unknown): Resource {
  if (resource.of !== 'params') return wholeFleet;
  // Before it is checked it may be anything, and goes into words and the audit.
  const id = String(valueIn(params, resource.name)).replaceAll(/[\p{Cc}\p{Cs}]/gu, '?');
  return { type: resource.type, id };
}

function valueIn(params: unknown, name: string): unknown {
  return (params as Readonly<Record<string, unknown>>)[name];
}

/** Source: RFC 6265, 4.2.1. */
function cookieOf(request: FastifyRequest, name: string): string | null {
  const pairs = (request.headers.cookie ?? '').split(/; */).slice(0, limits.cookies);
  return pairs.find((pair) => pair.startsWith(`${name}=`))?.slice(name.length + 1) ?? null;
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
    case 'redirect':
      return reply.header('cache-control', 'no-store').redirect(String(answered), route.statuses[0]);
    case 'text/plain':
      return reply.type('text/plain; version=0.0.4; charset=utf-8').send(answered);
    case 'text/event-stream':
      return reply.type('text/event-stream').header('cache-control', 'no-store').send(answered);
    default:
      return reply.type('application/json; charset=utf-8').send(JSON.stringify(route.response.parse(answered)));
  }
}
