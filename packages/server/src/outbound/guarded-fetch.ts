/**
 * `fetch` for places that somebody else named: an identity provider and what it refers to, and webhooks.
 *
 * Invariants: a name is resolved once, every address of it is checked, and the connection goes to one of these and no other, so a
 * name that changes its mind in between leads nowhere; each redirection is checked like the first; HTTPS, but on this machine when
 * the configured place is there; answers and waits have bounds.
 * Throws: `address_refused`; `server_unavailable`; `limit_exceeded` for a long answer; `command_timeout`.
 */
import { lookup as resolveName } from 'node:dns/promises';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { LookupFunction } from 'node:net';
import { GuiseError, limits } from '@guise/model';
import { inTime } from '../in-time.ts';
import { type AddressRules, isAllowed, isLoopbackAddress, parseNetworks } from './address-rules.ts';

export interface Address {
  readonly address: string;
  readonly family: number;
}

export type Resolve = (hostname: string) => Promise<readonly Address[]>;

export interface GuardOptions {
  /** What was configured; only if it is on this machine may anything else be. Null: that is, if the allowed networks say so. */
  readonly configured: URL | null;
  /** Networks that are allowed though they are not public. */
  readonly allow: readonly string[];
  /** How names become addresses; default: as this machine does it. */
  readonly resolve?: Resolve;
  /** Trusted besides the usual ones, PEM. */
  readonly ca?: string;
}

interface Sending {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer | null;
  readonly signal: AbortSignal;
}

const followed = new Set([301, 302, 303, 307, 308]);

export function guardedFetch(options: GuardOptions): typeof fetch {
  const rules = rulesOf(options);
  const resolve = options.resolve ?? resolveHere;
  return async (input, init) => {
    const request = requestOf(input, init);
    const signal = AbortSignal.any([request.signal, AbortSignal.timeout(limits.outboundTimeoutMs)]);
    const body = request.body === null ? null : Buffer.from(await request.arrayBuffer());
    let sending: Sending = { method: request.method, headers: Object.fromEntries(request.headers), body, signal };
    let url = new URL(request.url);
    for (let hops = 0; ; hops++) {
      const address = await checkedAddress(url, rules, resolve);
      const response = await send(url, address, sending, options.ca);
      const location = response.headers.get('location');
      if (request.redirect === 'manual' || location === null || !followed.has(response.status)) return response;
      // A body, and what came with it, was meant for the first place.
      if (request.redirect === 'error' || sending.method !== 'GET' || hops >= limits.outboundRedirects) {
        throw refused(url, 'it sends elsewhere');
      }
      const next = new URL(location, url);
      if (next.origin !== url.origin) sending = { ...sending, headers: withoutSecrets(sending.headers) };
      url = next;
    }
  };
}

/** Throws: as a fetch of it would, before anything is connected to. */
export async function requireFetchable(url: URL, options: GuardOptions): Promise<void> {
  await checkedAddress(url, rulesOf(options), options.resolve ?? resolveHere);
}

function rulesOf({ configured, allow }: GuardOptions): AddressRules {
  const allowed = parseNetworks(allow);
  if (configured !== null) return { allowed, isLoopbackAllowed: isLoopbackName(configured.hostname) };
  return { allowed, isLoopbackAllowed: isAllowed('127.0.0.1', { allowed, isLoopbackAllowed: false }) };
}

function resolveHere(hostname: string): Promise<readonly Address[]> {
  return resolveName(hostname, { all: true });
}

/** The platform refuses URLs that have a password in them, among others. */
function requestOf(...[input, init]: Parameters<typeof fetch>): Request {
  try {
    return new Request(input, init);
  } catch (cause) {
    throw new GuiseError('address_refused', 'Cannot connect: the address is none to fetch from', { cause });
  }
}

/** The one address to connect to. */
async function checkedAddress(url: URL, rules: AddressRules, resolve: Resolve): Promise<Address> {
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && rules.isLoopbackAllowed)) {
    throw refused(url, 'it must be https');
  }
  // A literal address is not asked for; the parser of URLs has undone whatever way it was written in.
  const hostname = url.hostname.replace(/^\[(.*)\]$/, '$1');
  const addresses = isLiteral(url.hostname)
    ? [{ address: hostname, family: hostname.includes(':') ? 6 : 4 }]
    : await resolved(url, resolve);
  for (const { address } of addresses) {
    if (!isAllowed(address, rules))
      throw refused(url, `${address} is not a public address, and not one of --allow-outbound`);
    if (url.protocol === 'http:' && !isLoopbackAddress(address)) throw refused(url, 'it must be https');
  }
  const [first] = addresses;
  if (first === undefined) throw refused(url, 'it has no address');
  return first;
}

async function resolved({ hostname, origin }: URL, resolve: Resolve): Promise<readonly Address[]> {
  try {
    return await inTime(resolve(hostname), limits.outboundTimeoutMs, () => new Error('nobody answers in time'));
  } catch (cause) {
    throw new GuiseError('server_unavailable', `Cannot reach ${origin}: its name is not known`, { cause });
  }
}

async function send(url: URL, to: Address, { method, headers, body, signal }: Sending, ca?: string): Promise<Response> {
  // Whatever is asked for, the answer is the address that was checked.
  const pinned: LookupFunction = (_hostname, { all }, callback) =>
    all === true ? callback(null, [{ ...to }]) : callback(null, to.address, to.family);
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const options = {
    method,
    headers: { ...headers, 'accept-encoding': 'identity' },
    lookup: pinned,
    agent: false,
    signal,
  };
  const request =
    url.protocol === 'https:'
      ? httpsRequest(url, { ...options, ...(ca === undefined ? {} : { ca }) }, resolve)
      : httpRequest(url, options, resolve);
  request.on('error', reject);
  request.end(body);
  try {
    const answer = await promise;
    const bytes = await read(url, answer);
    const status = answer.statusCode ?? 500;
    return new Response(status === 204 || status === 304 ? null : new Uint8Array(bytes), {
      status,
      headers: headersOf(answer),
    });
  } catch (cause) {
    if (cause instanceof GuiseError) throw cause;
    if (signal.aborted) throw new GuiseError('command_timeout', `Cannot wait longer for ${url.origin}`, { cause });
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new GuiseError('server_unavailable', `Cannot reach ${url.origin}: ${reason}`, { cause });
  } finally {
    request.destroy();
  }
}

async function read(url: URL, answer: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    sizeBytes += chunk.length;
    if (sizeBytes > limits.outboundBodyBytes) {
      throw new GuiseError(
        'limit_exceeded',
        `Cannot read what ${url.origin} answers: it is longer than ${limits.outboundBodyBytes} bytes`,
      );
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function headersOf({ headersDistinct }: IncomingMessage): Headers {
  const headers = new Headers();
  for (const [name, values] of Object.entries(headersDistinct))
    for (const value of values ?? []) headers.append(name, value);
  return headers;
}

function withoutSecrets(headers: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const { authorization: _authorization, cookie: _cookie, ...others } = headers;
  return others;
}

export function isLoopbackName(hostname: string): boolean {
  return hostname === 'localhost' || isLoopbackAddress(hostname.replace(/^\[(.*)\]$/, '$1'));
}

function isLiteral(hostname: string): boolean {
  return hostname.startsWith('[') || /^\d+\.\d+\.\d+\.\d+$/.test(hostname);
}

function refused({ origin, href }: URL, why: string): GuiseError {
  return new GuiseError(
    'address_refused',
    `Cannot connect to ${origin === 'null' ? href.slice(0, 100) : origin}: ${why}`,
  );
}
