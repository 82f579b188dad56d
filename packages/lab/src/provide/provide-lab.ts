/**
 * Serves a lab to a control plane that has no rights on this machine: a Unix socket that root listens on.
 *
 * Whoever may write to the socket may do to the hosts of this lab what `ProvidedLab` does, and nothing else: no other lab, no other
 * command, no path of the machine. Its directory and the socket belong to root and one group; nobody else comes through.
 * Killed, it leaves a socket that the next one removes, and hosts that the next operation settles.
 * Throws: what `claimSocket` and `openLab` throw.
 */
import { once } from 'node:events';
import { chmodSync, chownSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { errorBodyOf } from '@guise/api';
import { providerPath, providerRequest } from '@guise/api/provider-wire';
import { GuiseError, limits, statusOf } from '@guise/model';
import { type LabOptions, openLab } from '../lab.ts';
import { labNames } from '../names.ts';
import { ProvidedLab } from './provided-lab.ts';
import { claimSocket } from './socket-place.ts';

export interface ProvideOptions extends LabOptions {
  /** Absolute. */
  readonly socketPath: string;
  /** Whose members may connect, besides root. */
  readonly groupId: number;
}

export interface RunningProvider {
  /** Takes no more requests, and resolves when those that run have ended. */
  readonly close: () => Promise<void>;
}

export async function provideLab({ socketPath, groupId, ...options }: ProvideOptions): Promise<RunningProvider> {
  const provided = new ProvidedLab(openLab(options), labNames(options.directory, options.name));
  claimSocket(socketPath, groupId);
  const server = createServer(
    { requestTimeout: limits.localRequestTimeoutMs, maxHeaderSize: limits.requestHeadBytes },
    (request, response) => {
      answer(provided, request).then(
        (body) => send(response, 200, body),
        (error: unknown) => refuse(response, error, options.report),
      );
    },
  );
  server.maxConnections = limits.providerConnections;
  server.listen(socketPath);
  await once(server, 'listening');
  chownSync(socketPath, 0, groupId);
  chmodSync(socketPath, 0o660);
  options.report(`lab "${options.name}" is provided at ${socketPath}`);
  return { close: () => close(server, socketPath) };
}

async function answer(provided: ProvidedLab, request: IncomingMessage): Promise<unknown> {
  if (request.method !== 'POST' || request.url !== providerPath)
    throw new GuiseError('route_not_found', `Cannot find ${request.method} ${request.url}: it is POST ${providerPath}`);
  const parsed = providerRequest.safeParse(parseJson(await bodyOf(request)));
  if (parsed.success) return await provided.answer(parsed.data);
  const issue = parsed.error.issues[0];
  throw new GuiseError('argument_invalid', `Cannot read the request: ${issue?.path.join('.')}: ${issue?.message}`);
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    sizeBytes += chunk.length;
    if (sizeBytes > limits.providerRequestBytes) {
      throw new GuiseError(
        'limit_exceeded',
        `Cannot read the request: it is larger than ${limits.providerRequestBytes} bytes`,
      );
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new GuiseError('argument_invalid', 'Cannot read the request: it is no JSON', { cause });
  }
}

function refuse(response: ServerResponse, error: unknown, report: (line: string) => void): void {
  const known =
    error instanceof GuiseError ? error : new GuiseError('provider_failed', 'The lab failed; its log says why');
  if (known.kind === 'internal') report(known === error ? `${known.message} (${known.detail ?? ''})` : String(error));
  send(response, statusOf(known.kind), errorBodyOf(known));
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(`${JSON.stringify(body)}\n`);
}

async function close(server: Server, socketPath: string): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  server.closeIdleConnections();
  await closed;
  rmSync(socketPath, { force: true });
}
