/**
 * Every refusal leaves as `{error: {code, message, problems}}` with the status of its kind; what is not ours to tell stays here.
 *
 * A bug becomes a 500 that says nothing but that; its stack goes to the log only.
 */
import { errorBodyOf } from '@guise/api';
import { GuiseError, statusOf } from '@guise/model';
import type { FastifyError, FastifyInstance } from 'fastify';
import { eventMediaTypes } from './event-body.ts';

export function refuseCleanly(app: FastifyInstance, onFailure: (error: unknown) => void): void {
  app.removeContentTypeParser('text/plain');
  app.removeContentTypeParser('application/json');
  // Kept as text: checking it against its schema needs to say where a problem stands.
  app.addContentTypeParser(
    ['application/json', ...eventMediaTypes],
    { parseAs: 'string' },
    async (_request: unknown, body: string) => body,
  );
  app.setNotFoundHandler((request) => {
    throw new GuiseError('route_not_found', `Cannot find ${request.method} ${request.url.slice(0, 200)}`);
  });
  app.setErrorHandler((error: FastifyError | GuiseError, _request, reply) => {
    const refusal = error instanceof GuiseError ? error : refusalOf(error);
    if (refusal.kind === 'internal' || refusal.kind === 'unavailable') onFailure(error);
    const isFastifys = !(error instanceof GuiseError) && refusal.kind === 'invalid';
    const status = isFastifys ? (error.statusCode ?? 400) : statusOf(refusal.kind);
    if (refusal.kind === 'throttled' && !reply.hasHeader('retry-after')) void reply.header('retry-after', '1');
    if (refusal.kind === 'unauthenticated') void reply.header('www-authenticate', 'Bearer');
    return reply.status(status).send(errorBodyOf(refusal));
  });
}

/** Fastify's own errors say what the client did, and so does SQLSTATE class 22, such as of a NUL in a text; any other is a bug of ours. */
function refusalOf(error: FastifyError): GuiseError {
  const status = error.statusCode ?? 500;
  if (isConnectionLoss(error))
    return new GuiseError('database_unavailable', 'Cannot reach the database', { cause: error });
  if (/^22...$/.test(error.code))
    return new GuiseError('argument_invalid', 'Cannot use the request: it has a value that the database cannot keep', {
      cause: error,
    });
  if (status === 413) return new GuiseError('limit_exceeded', 'Cannot read the request: its body is too large');
  if (status < 500) return new GuiseError('argument_invalid', `Cannot read the request: ${error.message}`);
  return new GuiseError('server_failed', 'Something went wrong in the control plane; its log says what', {
    cause: error,
  });
}

/** SQLSTATE classes 08 and 57P, or a socket that is gone. Source: PostgreSQL, Appendix A. */
function isConnectionLoss(error: { readonly code?: string }): boolean {
  return /^(08...|57P0.|ECONN|ENOENT$|EPIPE$)/.test(error.code ?? '');
}
