/**
 * One request to the agents' port of the control plane, in JSON, over TLS 1.3.
 *
 * Whoever answers is verified by the authority and by name before anything is sent, unless the caller says that nobody is to be
 * believed, and then nothing is sent that is not public.
 * Throws: the control plane's own error; `server_unavailable` when it cannot be reached, or somebody else answers.
 */
import { request } from 'node:https';
import { errorBody, errorFrom } from '@guise/api/agent-wire';
import { GuiseError, limits } from '@guise/model';
import { controlPlaneName } from '@guise/trust/control-plane-name';
import type { Credential } from './identity-store.ts';

export interface PortRequest {
  /** `https://…` or `wss://…`. */
  readonly url: string;
  readonly path: string;
  /** Without one it is a GET. */
  readonly body?: object;
  readonly authority: Pick<Credential, 'ca'> | Credential | 'unverified';
}

export type AskAgentsPort = (request: PortRequest) => Promise<unknown>;

export const askAgentsPort: AskAgentsPort = async ({ url, path, body, authority }) => {
  const target = new URL(path, url.replace(/^wss:/, 'https:'));
  const { promise, resolve, reject } = Promise.withResolvers<{ status: number; text: string }>();
  const sent = request(target, {
    ...(body === undefined ? { method: 'GET' } : { method: 'POST', headers: { 'content-type': 'application/json' } }),
    ...tlsOptions(authority),
    agent: false,
    timeout: limits.helloTimeoutMs,
  });
  sent.on('timeout', () => sent.destroy(new Error('it did not answer in time')));
  sent.on('error', (cause) =>
    reject(
      new GuiseError('server_unavailable', `Cannot reach the control plane at ${target.origin}: ${cause.message}`, {
        cause,
      }),
    ),
  );
  sent.on('response', (response) => {
    let text = '';
    response.setEncoding('utf8');
    response.on('data', (chunk: string) => {
      text += chunk;
      if (text.length > limits.enrolmentAnswerBytes) sent.destroy(new Error('its answer is too large'));
    });
    response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
    response.on('error', (error) => sent.destroy(error));
  });
  sent.end(body === undefined ? undefined : JSON.stringify(body));
  const { status, text } = await promise;
  const answer = parsed(text);
  if (status >= 200 && status < 300) return answer;
  throw (
    errorIn(answer) ??
    new GuiseError('server_unavailable', `Cannot use the answer of ${target.origin}: its status is ${status}`)
  );
};

/** For node:tls, and so for WebSockets too. */
export function tlsOptions(authority: PortRequest['authority']) {
  const common = { minVersion: 'TLSv1.3', servername: controlPlaneName } as const;
  if (authority === 'unverified') return { ...common, rejectUnauthorized: false };
  const own = 'key' in authority ? { key: authority.key, cert: authority.certificate } : {};
  return { ...common, ...own, ca: authority.ca, rejectUnauthorized: true };
}

/** Null when it is no refusal of ours. */
export function errorIn(answer: unknown): GuiseError | null {
  const refusal = errorBody.safeParse(answer);
  return refusal.success ? errorFrom(refusal.data, 'server_unavailable') : null;
}

export function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
