/** Routes for people that name a host, for the host itself: it may read of itself what people may read of it. */
import { type Route, type RouteName, routes } from '@guise/api';
import { GuiseError } from '@guise/model';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { HostPeer } from '../../app/admit-host.ts';
import { hostMayRead } from '../../app/host-may-read.ts';
import { anonymous as nobody } from '../../permissions/principal.ts';
import { type AnyHandler, answer } from '../bind-routes.ts';
import { checkPart } from '../check-part.ts';
import type { Handlers } from '../handler.ts';

const nothing = z.strictObject({});

export function bindHostRoutes(
  app: FastifyInstance,
  handlers: Handlers,
  peerOf: (request: FastifyRequest) => HostPeer,
): void {
  for (const [name, route] of Object.entries<Route>(routes)) {
    if (!route.path.includes('{host_id}')) continue;
    const handler = handlers[name as RouteName] as AnyHandler;
    app.route({
      method: route.method,
      url: route.path.replaceAll(/\{(\w+)\}/g, ':$1'),
      // Before anything of the body is read.
      onRequest: async (request) => {
        const { hostId } = peerOf(request);
        if (hostMayRead(route, hostId, request.params as { readonly host_id?: string })) return;
        throw new GuiseError('not_permitted', `"${hostId}" may not ${route.method} ${request.url.slice(0, 200)}`);
      },
      handler: async (request, reply) => {
        void reply.status(route.statuses[0]);
        const { hostId } = peerOf(request);
        // Without roles: whatever a handler asks about is denied.
        const principal = { ...nobody, id: hostId, actor: `host/${hostId}` };
        const answered = await handler({
          params: checkPart(route.params ?? nothing, request.params, 'params'),
          query: checkPart(route.query ?? nothing, request.query, 'query'),
          body: undefined,
          caller: { actor: principal.actor, principal, action: route.action },
          setStatus: (status) => void reply.status(status),
          cookie: () => null,
          setCookie: () => undefined,
        });
        return answer(reply, route, answered);
      },
    });
  }
}
