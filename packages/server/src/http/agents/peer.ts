/**
 * Who is at the other end, by the certificate that TLS has verified.
 *
 * Throws: `certificate_invalid`.
 */
import { TLSSocket } from 'node:tls';
import { GuiseError, parseHostId } from '@guise/model';
import type { FastifyRequest } from 'fastify';
import type { HostPeer } from '../../app/admit-host.ts';

export interface TlsPeer extends HostPeer {
  /** When its certificate ends, in ms since 1970. */
  readonly untilMs: number;
}

export function peerOf(request: FastifyRequest): TlsPeer {
  const { socket } = request.raw;
  if (!(socket instanceof TLSSocket)) throw refused('this port speaks TLS');
  const certificate = socket.getPeerCertificate();
  const { CN } = certificate.subject ?? {};
  if (typeof CN !== 'string') throw refused('a certificate of this control plane is needed');
  // By another authority, for another purpose, or over.
  if (!socket.authorized) throw refused(`its certificate does not verify (${String(socket.authorizationError)})`);
  return { hostId: parseHostId(CN), serial: certificate.serialNumber, untilMs: Date.parse(certificate.valid_to) };
}

function refused(why: string): GuiseError {
  return new GuiseError('certificate_invalid', `Cannot let this agent in: ${why}`);
}
