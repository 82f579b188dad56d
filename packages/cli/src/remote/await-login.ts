/**
 * Waits on this machine for the browser to come back from a login, on a port of its own that only this machine reaches.
 *
 * Only a visit with the state that was sent counts. Throws: `login_failed` with the control plane's reason; `command_timeout`.
 * Source: RFC 8252, 7.3 and 8.3.
 */
import { timingSafeEqual } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { GuiseError, limits } from '@guise/model';

export interface LoginDoor {
  readonly redirectUri: string;
  /** The code that the browser brought. */
  readonly code: Promise<string>;
  close(): void;
}

const page = (text: string) => `<!doctype html><meta charset="utf-8"><title>guise</title><p>${text}</p>\n`;

export async function openLoginDoor(state: string): Promise<LoginDoor> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://127.0.0.1');
    const isExpected = url.pathname === '/done' && isSame(url.searchParams.get('state') ?? '', state);
    response.writeHead(isExpected ? 200 : 404, { 'content-type': 'text/html', connection: 'close' });
    if (!isExpected) return void response.end(page('Nothing is here.'));
    const code = url.searchParams.get('code');
    response.end(
      page(code === null ? 'That did not work; the terminal says why.' : 'You are logged in. Go back to the terminal.'),
    );
    if (code !== null) resolve(code);
    else reject(new GuiseError('login_failed', url.searchParams.get('error') ?? 'Cannot log in'));
  });
  server.requestTimeout = limits.outboundTimeoutMs;
  const listening = Promise.withResolvers<void>();
  server.once('error', listening.reject);
  server.listen(0, '127.0.0.1', () => listening.resolve());
  await listening.promise;
  const timer = setTimeout(
    () => reject(new GuiseError('command_timeout', 'Cannot wait longer for the login')),
    limits.loginLifeMs,
  );
  const { port } = server.address() as AddressInfo;
  return {
    redirectUri: `http://127.0.0.1:${port}/done`,
    code: promise,
    close: () => {
      clearTimeout(timer);
      server.close();
      server.closeAllConnections();
    },
  };
}

function isSame(one: string, other: string): boolean {
  return one.length === other.length && timingSafeEqual(Buffer.from(one), Buffer.from(other));
}
