/**
 * The agents' port: `POST /enroll` with a join token, then `GET /agent` as a WebSocket with the agent's own token.
 *
 * Plain HTTP until agents have certificates; the composition root says where it may listen.
 */
import websocket from '@fastify/websocket';
import { agentSocketPath, enrolmentPath, enrolmentRequest } from '@guise/api';
import type { HostId } from '@guise/model';
import { limits } from '@guise/model';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import fastify from 'fastify';
import { authenticateAgent, enrol } from '../../app/enrol-host.ts';
import type { Database } from '../../store/database.ts';
import { bearerOf } from '../bearer.ts';
import { textOf } from '../bind-routes.ts';
import { checkBody } from '../check-part.ts';
import { connectionOptions, headOptions } from '../connection-options.ts';
import { type DoorLimits, Doors } from '../doors.ts';
import { refuseCleanly } from '../refusals.ts';
import type { SessionParts } from './agent-session.ts';
import { serveAgent } from './agent-session.ts';

/** An enrolment is a few hundred bytes. */
const enrolmentBytes = 16 * 1024;

export async function buildAgentApp(
  database: Database,
  session: SessionParts,
  door: DoorLimits,
): Promise<FastifyInstance> {
  const app = fastify({
    bodyLimit: enrolmentBytes,
    ...connectionOptions(door),
    http: headOptions(door),
  });
  const doors = new Doors(door);
  doors.guard(app.server);
  refuseCleanly(app, session.onFailure);
  await app.register(websocket, { options: { maxPayload: limits.wireMessageBytes, perMessageDeflate: false } });
  const hosts = new WeakMap<FastifyRequest, HostId>();
  app.post(enrolmentPath, async (request, reply) => {
    const enrolment = checkBody(enrolmentRequest, textOf(request));
    await doors.login(request, reply, enrolment.join_token, () => enrol(database, enrolment));
    return reply.status(201).send({ host_id: enrolment.host_id });
  });
  app.route({
    method: 'GET',
    url: agentSocketPath,
    preValidation: async (request, reply) => {
      const bearer = bearerOf(request);
      hosts.set(request, await doors.login(request, reply, bearer, (token) => authenticateAgent(database, token)));
    },
    handler: (_request, reply) =>
      reply.status(426).send({
        error: { code: 'argument_invalid', message: 'Cannot answer: this path is a WebSocket', problems: [] },
      }),
    wsHandler: (socket, request) => {
      const hostId = hosts.get(request);
      if (hostId === undefined) socket.terminate();
      else serveAgent(socket, hostId, session);
    },
  });
  return app;
}
