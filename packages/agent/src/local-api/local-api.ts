/**
 * The agent's own API on a unix socket, for this machine only: who may open the socket may change the host.
 *
 * The socket belongs to root and, where it exists, the group `guise`; nobody else may connect. Requests are JSON, bounded by
 * `limits.localRequestBytes`; reads answer while a switch runs, writes wait their turn.
 * Source: ../shared/source-documents/instances-10846115.txt, "API Endpoints (local to the instance)".
 */
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { GuiseError, limits, statusOf, tooDeepAt } from '@guise/model';
import { nodeHttp } from '../host/node-http.ts';
import type { LocalRoutes } from './local-routes.ts';

export interface LocalApiOptions {
  readonly path: string;
  readonly routes: LocalRoutes;
  readonly report: (line: string) => void;
}

/** Listens once the promise resolves. The caller has removed a stale socket and made the directory. */
export function serveLocalApi({ path, routes, report }: LocalApiOptions): Promise<Server> {
  const server = nodeHttp().createServer({ requestTimeout: limits.localRequestTimeoutMs }, (request, response) => {
    answer(routes, request).then(
      ({ status, body }) => send(response, status, body),
      (error: unknown) => send(response, ...refusal(error, report)),
    );
  });
  return new Promise((listening, failed) => {
    server.once('error', failed);
    server.listen(path, () => listening(server));
  });
}

interface Answer {
  readonly status: number;
  readonly body: unknown;
}

async function answer(routes: LocalRoutes, request: IncomingMessage): Promise<Answer> {
  const url = urlOf(request);
  const [, name = '', verb = '', id = ''] = url.pathname.split('/');
  const key = [request.method, name, verb].filter((part) => part !== '').join(' ');
  const route = routes[key];
  if (route === undefined)
    throw new GuiseError(
      'route_not_found',
      `Cannot find ${request.method} ${url.pathname}: this agent has ${Object.keys(routes).join(', ')}`,
    );
  const body = request.method === 'GET' ? {} : await bodyOf(request);
  return { status: 200, body: await route({ id: decoded(id), query: url.searchParams, body }) };
}

function urlOf({ method, url = '/' }: IncomingMessage): URL {
  const parsed = URL.parse(url, 'http://agent');
  if (parsed === null) throw new GuiseError('route_not_found', `Cannot find ${method} ${url}: it is no path`);
  return parsed;
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw new GuiseError('argument_invalid', `Cannot read the path: "${part}" has a % that begins no character`);
  }
}

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    sizeBytes += chunk.length;
    if (sizeBytes > limits.localRequestBytes) {
      throw new GuiseError(
        'limit_exceeded',
        `Cannot read the request: it is larger than ${limits.localRequestBytes} bytes`,
      );
    }
    chunks.push(chunk);
  }
  if (sizeBytes === 0) return {};
  const text = Buffer.concat(chunks).toString('utf8');
  if (tooDeepAt(text) !== null) {
    throw new GuiseError(
      'argument_invalid',
      `Cannot read the request: it is nested more than ${limits.jsonDepth} deep`,
    );
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new GuiseError(
      'argument_invalid',
      `Cannot read the request as JSON: ${error instanceof Error ? error.message : ''}`,
    );
  }
}

function refusal(error: unknown, report: (line: string) => void): [status: number, body: unknown] {
  if (error instanceof GuiseError) {
    return [statusOf(error.kind), { error: { code: error.code, message: error.message, problems: error.problems } }];
  }
  report(`local API: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
  return [
    500,
    { error: { code: 'change_failed', message: 'The agent failed to answer; its log says why', problems: [] } },
  ];
}

function send(response: ServerResponse, status: number, body: unknown): void {
  if (typeof body === 'string') {
    response.writeHead(status, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' }).end(body);
    return;
  }
  response.writeHead(status, { 'content-type': 'application/json' }).end(`${JSON.stringify(body)}\n`);
}
