/**
 * The control plane's client, with its address and token from options, environment, the last login or this machine's own server.
 *
 * Throws: `token_missing` when there is none; calls throw the control plane's own errors, or `server_unavailable`.
 */
import { join } from 'node:path';
import { type Client, client } from '@guise/api';
import { GuiseError, limits } from '@guise/model';
import type { Context } from '../context.ts';
import { adminTokenFile, defaultServerUrl, placesFor } from '../places.ts';
import { readSession } from './session-file.ts';
import { tokenIn } from './token-file.ts';

export interface ServerOptions {
  readonly server: string | undefined;
  readonly token: string | undefined;
}

export function openClient(context: Pick<Context, 'env' | 'isRoot'>, options: ServerOptions): Client {
  const baseUrl = serverUrl(context, options);
  return client({
    baseUrl,
    token: options.token ?? (context.env['GUISE_TOKEN'] || sessionToken(context, baseUrl) || localToken(context)),
    fetch: fetchInTime(limits.askTimeoutMs * 2),
  });
}

/** What was said last: now, in the environment, or at login. */
export function serverUrl(context: Pick<Context, 'env'>, { server }: Pick<ServerOptions, 'server'>): string {
  const url = server ?? (context.env['GUISE_SERVER'] || readSession(context)?.server || defaultServerUrl);
  return url.replace(/\/+$/, '');
}

/** For the control plane that gave it, and no other. */
function sessionToken(context: Pick<Context, 'env'>, baseUrl: string): string | null {
  const session = readSession(context);
  return session?.server === baseUrl ? session.token : null;
}

/** Longer than the control plane itself waits for an agent, so that its own words about that arrive. */
export function fetchInTime(timeoutMs: number): typeof fetch {
  return (url, init) => {
    const signals = [AbortSignal.timeout(timeoutMs), ...(init?.signal ? [init.signal] : [])];
    return fetch(url, { ...init, signal: AbortSignal.any(signals) });
  };
}

/** What `guise start` runs comes first: where it exists, it holds the port. */
function localToken({ env, isRoot }: Pick<Context, 'env' | 'isRoot'>): string {
  const { trialServer, server } = placesFor(env, isRoot);
  for (const directory of [trialServer, server]) {
    const token = tokenIn(join(directory, adminTokenFile));
    if (token !== null) return token;
  }
  throw new GuiseError(
    'token_missing',
    `Cannot log in: guise login, or give --token or GUISE_TOKEN; a server on this machine keeps one in ${join(server, adminTokenFile)}`,
  );
}
