/** The token of an `Authorization: Bearer` header (RFC 6750), or null. */
import type { FastifyRequest } from 'fastify';

export function bearerOf(request: FastifyRequest): string | null {
  return /^Bearer +([A-Za-z0-9._~+/=-]{1,256})$/i.exec(request.headers.authorization ?? '')?.[1] ?? null;
}
