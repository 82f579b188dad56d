/**
 * How Node and Fastify treat a connection before a request is one: how large its head may be, how slowly it may come, and in which
 * words it is refused.
 *
 * Throws nothing; what is not HTTP gets a plain answer in the shape of every other refusal, and the connection ends.
 */
import type { ErrorBody } from '@guise/api';
import { errorBodyOf } from '@guise/api';
import { GuiseError, limits } from '@guise/model';
import type { FastifyReply, FastifyServerOptions } from 'fastify';
import type { DoorLimits } from './doors.ts';

export function connectionOptions(door: DoorLimits) {
  return {
    requestTimeout: door.requestTimeoutMs,
    keepAliveTimeout: limits.connectionIdleMs,
    forceCloseConnections: true,
    clientErrorHandler,
    frameworkErrors,
  } satisfies FastifyServerOptions;
}

/** For the constructor of Node's server, be it HTTP or HTTPS. */
export function headOptions(door: DoorLimits) {
  return {
    maxHeaderSize: limits.requestHeadBytes,
    headersTimeout: Math.min(door.requestHeadMs, door.requestTimeoutMs),
    connectionsCheckingInterval: door.connectionsCheckedMs,
  };
}

const refusals: Readonly<Record<string, readonly [status: string, why: string]>> = {
  HPE_HEADER_OVERFLOW: [
    '431 Request Header Fields Too Large',
    `its head is longer than ${limits.requestHeadBytes} bytes`,
  ],
  ERR_HTTP_REQUEST_TIMEOUT: ['408 Request Timeout', 'it came too slowly'],
};

/** A path that is none finds no route, and so no hook either. */
const frameworkErrors: NonNullable<FastifyServerOptions['frameworkErrors']> = (
  _error,
  _request,
  reply: FastifyReply,
) => {
  const refusal = new GuiseError('argument_invalid', 'Cannot read the request: its path is not percent-encoded UTF-8');
  void reply.status(400).send(errorBodyOf(refusal));
};

const clientErrorHandler: NonNullable<FastifyServerOptions['clientErrorHandler']> = (error, socket) => {
  if (error.code === 'ECONNRESET' || socket.destroyed || !socket.writable) return socket.destroy();
  const [status, why] = refusals[error.code] ?? ['400 Bad Request', 'it is not HTTP'];
  const body: ErrorBody = errorBodyOf(new GuiseError('argument_invalid', `Cannot read the request: ${why}`));
  const text = JSON.stringify(body);
  const head = `content-type: application/json; charset=utf-8\r\ncontent-length: ${Buffer.byteLength(text)}`;
  socket.end(`HTTP/1.1 ${status}\r\n${head}\r\nconnection: close\r\n\r\n${text}`);
};
