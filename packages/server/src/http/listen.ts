/**
 * Opens a port.
 *
 * Throws: `port_unavailable` in words that say what to do; `argument_invalid` for an address that would need TLS.
 */
import { isIP } from 'node:net';
import { GuiseError } from '@guise/model';
import type { FastifyInstance } from 'fastify';

export interface Place {
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
}

/** The port taken. */
export async function listen(app: FastifyInstance, place: Place, what: string): Promise<number> {
  try {
    await app.listen({ host: place.host, port: place.port });
  } catch (cause) {
    throw new GuiseError(
      'port_unavailable',
      `Cannot listen on ${place.host}:${place.port} for ${what}: ${reasonOf(cause)}`,
      { cause },
    );
  }
  const address = app.server.address();
  return typeof address === 'object' && address !== null ? address.port : place.port;
}

export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}

function reasonOf(cause: unknown): string {
  const code = cause instanceof Error && 'code' in cause ? cause.code : '';
  if (code === 'EADDRINUSE') return 'the port is in use; choose another or end what uses it';
  if (code === 'EADDRNOTAVAIL') return 'this machine has no such address';
  if (code === 'EACCES')
    return 'ports below 1024 need rights that the control plane does not have; choose another, or put a proxy before it';
  return cause instanceof Error ? cause.message : String(cause);
}
