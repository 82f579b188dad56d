/**
 * `POST /enroll` on the agents' port: a join token becomes a place in the fleet.
 *
 * The agent makes its own long-lived token and sends only the digest, so a retry after a lost answer is the same request and
 * the secret never travels before the first connection. Replaced by certificates when agents speak mutual TLS.
 */
import { envelope } from '@guise/model/trust';
import { z } from 'zod';
import { digest, hostId, name } from '../schemas/ids.ts';

export const enrolmentPath = '/enroll';
/** Where the agent's WebSocket goes, with `authorization: Bearer <agent token>`. */
export const agentSocketPath = '/agent';

export const enrolmentRequest = z.strictObject({
  join_token: z.string().min(1).max(128),
  host_id: hostId,
  agent_token_digest: digest,
});

export type EnrolmentRequest = z.output<typeof enrolmentRequest>;

/** What a host believes from then on; see the agent's trust/. */
export const enrolmentAnswer = z.object({
  host_id: hostId,
  trust: z.object({ organization: name, environment: name, root: envelope, audit_key: z.string().max(64) }),
});

export type EnrolmentAnswer = z.output<typeof enrolmentAnswer>;
