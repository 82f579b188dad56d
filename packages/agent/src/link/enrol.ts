/**
 * Makes this host a member of a fleet: a join token for a place, once.
 *
 * The agent's own token is made and kept here before it is used, and only its digest goes out, so a lost answer costs a retry with
 * the same identity and never a join token.
 * Throws: the control plane's own error, such as `token_invalid` or `host_exists`; `server_unavailable`; `message_invalid`.
 */
import type { EnrolmentAnswer } from '@guise/api';
import { enrolmentAnswer, enrolmentPath, errorBody, errorFrom } from '@guise/api/agent-wire';
import type { Digest, HostId } from '@guise/model';
import { digestOfBytes, GuiseError } from '@guise/model';

export interface Identity {
  readonly hostId: HostId;
  readonly token: string;
}

export interface EnrolOptions {
  /** The agents' port, `ws://…` or `http://…`. */
  readonly url: string;
  readonly joinToken: string;
  readonly identity: Identity;
  readonly fetch: typeof fetch;
}

/** What this host is to believe from now on. */
export async function enrol({ url, joinToken, identity, fetch }: EnrolOptions): Promise<EnrolmentAnswer> {
  const target = new URL(enrolmentPath, url.replace(/^ws/, 'http'));
  const body = { join_token: joinToken, host_id: identity.hostId, agent_token_digest: tokenDigest(identity.token) };
  let response: Response;
  try {
    response = await fetch(target, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
  } catch (cause) {
    throw new GuiseError('server_unavailable', `Cannot reach the control plane at ${target.origin}`, { cause });
  }
  const answer: unknown = await response.json().catch(() => null);
  if (response.ok) return enrolledWith(answer);
  const parsed = errorBody.safeParse(answer);
  if (parsed.success) throw errorFrom(parsed.data, 'server_unavailable');
  throw new GuiseError(
    'server_unavailable',
    `Cannot enrol: the control plane answered with HTTP status ${response.status}`,
  );
}

function enrolledWith(answer: unknown): EnrolmentAnswer {
  const parsed = enrolmentAnswer.safeParse(answer);
  if (parsed.success) return parsed.data;
  throw new GuiseError('message_invalid', 'Cannot enrol: the control plane does not say whom this host is to believe');
}

function tokenDigest(token: string): Digest {
  return digestOfBytes(new TextEncoder().encode(token));
}
