/**
 * The agents' port, TLS 1.3 alone: `GET /ca` and `POST /enroll` for whoever comes, all else for hosts with a certificate of ours:
 * `POST /renew`, `GET /agent` as a WebSocket, and what a host may read of itself.
 *
 * Invariants: whoever has no certificate gets 401 everywhere else, also where there is no route; a locked or revoked identity gets
 * 403 and why.
 */
import websocket from '@fastify/websocket';
import {
  agentRoutes,
  agentSocketPath,
  authorityPath,
  enrolmentPath,
  enrolmentRequest,
  renewalPath,
  renewalRequest,
  type TrustPin,
} from '@guise/api';
import { limits } from '@guise/model';
import type { KeyAndCertificate } from '@guise/trust/certificates';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import fastify from 'fastify';
import { admitHost } from '../../app/admit-host.ts';
import type { CertificateAuthority } from '../../app/certificate-authority.ts';
import { enrol } from '../../app/enrol-host.ts';
import { renewIdentity } from '../../app/renew-identity.ts';
import type { Database } from '../../store/database.ts';
import { textOf } from '../bind-routes.ts';
import { checkBody } from '../check-part.ts';
import { connectionOptions, headOptions } from '../connection-options.ts';
import { type DoorLimits, Doors } from '../doors.ts';
import type { Handlers } from '../handler.ts';
import { refuseCleanly } from '../refusals.ts';
import type { SessionParts } from './agent-session.ts';
import { serveAgent } from './agent-session.ts';
import { bindHostRoutes } from './host-routes.ts';
import type { OpenSockets } from './open-sockets.ts';
import { peerOf, type TlsPeer } from './peer.ts';

/** An enrolment is some 2 kB. */
const enrolmentBytes = 16 * 1024;

export interface AgentAppParts {
  readonly database: Database;
  readonly authority: CertificateAuthority;
  readonly trustPin: () => Promise<TrustPin>;
  readonly session: SessionParts;
  readonly sockets: OpenSockets;
  readonly handlers: Handlers;
  readonly door: DoorLimits;
  /** Of this process, until `renewServerCertificate` gives it another. */
  readonly certificate: KeyAndCertificate;
}

const anonymous: ReadonlySet<string> = new Set(agentRoutes.flatMap((route) => (route.anonymous ? [route.path] : [])));

export async function buildAgentApp(parts: AgentAppParts): Promise<FastifyInstance> {
  const { database, authority, session, door } = parts;
  const app = fastify({
    bodyLimit: enrolmentBytes,
    ...connectionOptions(door),
    https: {
      ...tlsOptions(authority, parts.certificate),
      ...headOptions(door),
      handshakeTimeout: limits.helloTimeoutMs,
    },
  }) as unknown as FastifyInstance;
  const doors = new Doors(door);
  doors.guard(app.server);
  refuseCleanly(app, session.onFailure);
  await app.register(websocket, { options: { maxPayload: limits.wireMessageBytes, perMessageDeflate: false } });
  const peers = new WeakMap<FastifyRequest, TlsPeer>();
  const knownPeer = (request: FastifyRequest) => peers.get(request) ?? peerOf(request);
  app.addHook('onRequest', async (request, reply) => {
    const { url = '' } = request.routeOptions;
    if (anonymous.has(url)) return doors.admit(request.ip, reply);
    const peer = peerOf(request);
    doors.admit(`host/${peer.hostId}`, reply);
    peers.set(request, peer);
    // A renewal with an older certificate must get through, because it tells of a copy.
    if (url !== renewalPath) await admitHost(database, peer);
  });
  app.get(authorityPath, async () => ({ ca: authority.certificate }));
  app.post(enrolmentPath, async (request, reply) => {
    const enrolment = checkBody(enrolmentRequest, textOf(request));
    const { join_token: joinToken } = enrolment;
    const enrolled = await doors.login(request, reply, joinToken, () => enrol(database, authority, enrolment));
    return reply.status(201).send({ ...enrolled, ca: authority.certificate, ...(await parts.trustPin()) });
  });
  app.post(renewalPath, (request) =>
    renewIdentity(database, authority, knownPeer(request), checkBody(renewalRequest, textOf(request))),
  );
  app.route({
    method: 'GET',
    url: agentSocketPath,
    handler: (_request, reply) =>
      reply.status(426).send({
        error: { code: 'argument_invalid', message: 'Cannot answer: this path is a WebSocket', problems: [] },
      }),
    wsHandler: (socket, request) => {
      const peer = knownPeer(request);
      parts.sockets.add(socket, peer);
      serveAgent(socket, peer, session);
    },
  });
  bindHostRoutes(app, parts.handlers, knownPeer);
  return app;
}

/** For connections from now on; those that are open stay as they are. */
export function renewServerCertificate(
  app: FastifyInstance,
  authority: CertificateAuthority,
  certificate: KeyAndCertificate,
): void {
  const server = app.server as unknown as { setSecureContext(options: ReturnType<typeof tlsOptions>): void };
  server.setSecureContext(tlsOptions(authority, certificate));
}

/** Who has no certificate is still answered, so that he hears why; see `peerOf`. */
function tlsOptions(authority: CertificateAuthority, { key, certificate }: KeyAndCertificate) {
  return {
    key,
    cert: certificate,
    ca: authority.certificate,
    requestCert: true,
    rejectUnauthorized: false,
    minVersion: 'TLSv1.3',
  } as const;
}
