/**
 * The typed client: one method per route, derived from the routes themselves.
 *
 * `fetch` is passed in, so this stays pure and a caller decides about TLS, proxies and deadlines.
 * Throws: the control plane's own `GuiseError`, code and problems included; `server_unavailable` when it cannot be reached or
 * answers with something else than this API.
 */
import type { ErrorCode } from '@guise/model';
import { GuiseError } from '@guise/model';
import type { z } from 'zod';
import type { RouteName, Routes } from '../routes/index.ts';
import { routes } from '../routes/index.ts';
import type { RequestOf, ResponseOf, Route } from '../routes/route.ts';
import { errorBody } from '../schemas/error-body.ts';
import { errorFrom } from '../schemas/error-body-of.ts';

export interface ClientOptions {
  /** Such as `http://127.0.0.1:7070`. */
  readonly baseUrl: string;
  readonly token: string;
  readonly fetch: typeof fetch;
}

interface CallOptions {
  readonly signal?: AbortSignal;
}

/** Routes that answer JSON or nothing; streams and texts are for other programs. */
type CallableName = { [N in RouteName]: Routes[N]['response'] extends z.ZodType | 'none' ? N : never }[RouteName];
type Arguments<Request> =
  Record<never, never> extends Request
    ? [request?: Request, options?: CallOptions]
    : [request: Request, options?: CallOptions];

export type Client = {
  readonly [N in CallableName]: (...args: Arguments<RequestOf<Routes[N]>>) => Promise<ResponseOf<Routes[N]>>;
};

type Scalar = string | number | boolean;

interface Parts {
  readonly params?: Record<string, Scalar>;
  readonly query?: Record<string, Scalar | undefined>;
  readonly body?: unknown;
}

export function client(options: ClientOptions): Client {
  const methods = Object.entries<Route>(routes).map(([name, route]) => [
    name,
    (parts: Parts = {}, call: CallOptions = {}) => send(options, route, parts, call),
  ]);
  return Object.fromEntries(methods) as Client;
}

async function send(options: ClientOptions, route: Route, parts: Parts, call: CallOptions): Promise<unknown> {
  const headers: Record<string, string> = { authorization: `Bearer ${options.token}`, accept: 'application/json' };
  const init: RequestInit = { method: route.method, headers };
  if (route.body !== undefined) {
    headers['content-type'] = 'application/json';
    init.body = JSON.stringify(parts.body ?? {});
  }
  if (call.signal !== undefined) init.signal = call.signal;
  const response = await reach(options, urlOf(options.baseUrl, route.path, parts), init);
  const body = response.status === 204 ? undefined : await readJson(response);
  if (!response.ok) throw refusal(response.status, body);
  if (typeof route.response === 'string') return undefined;
  const parsed = route.response.safeParse(body);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new GuiseError('server_unavailable', `Cannot read the answer to ${route.method} ${route.path}`, {
    detail: `${issue?.path.join('.')}: ${issue?.message}`,
  });
}

async function reach(options: ClientOptions, url: string, init: RequestInit): Promise<Response> {
  try {
    return await options.fetch(url, init);
  } catch (cause) {
    throw new GuiseError('server_unavailable', `Cannot reach the control plane at ${options.baseUrl}`, { cause });
  }
}

function urlOf(baseUrl: string, path: string, { params = {}, query = {} }: Parts): string {
  const filled = path.replaceAll(/\{(\w+)\}/g, (_, key: string) => encodeURIComponent(String(params[key])));
  const search = new URLSearchParams();
  for (const [key, value] of Object.entries(query)) if (value !== undefined) search.set(key, String(value));
  return `${baseUrl.replace(/\/$/, '')}${filled}${search.size === 0 ? '' : `?${search.toString()}`}`;
}

async function readJson(response: Response): Promise<unknown> {
  const text = await response.text();
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function refusal(status: number, body: unknown): GuiseError {
  const parsed = errorBody.safeParse(body);
  if (parsed.success) return errorFrom(parsed.data, fallbackCode(status));
  return new GuiseError('server_unavailable', `The control plane answered with HTTP status ${status} and no reason`);
}

/** For a code that this client is too old to know. */
function fallbackCode(status: number): ErrorCode {
  if (status === 401) return 'token_invalid';
  if (status === 403) return 'not_permitted';
  if (status === 404) return 'route_not_found';
  if (status === 429) return 'rate_exceeded';
  return status < 500 ? 'argument_invalid' : 'server_unavailable';
}
