/**
 * How a host gets its identity, on the agents' port: `GET /ca`, then `POST /enroll` with a join token, then `POST /renew` again and again.
 *
 * The agent makes its keys, and only public halves go out, so a retry after a lost answer is the same request. It trusts nobody
 * before the certificate of `/ca` has the digest that the join token names, and sends the token over TLS that is verified by it.
 */
import { limits } from '@guise/model';
import { envelope } from '@guise/model/trust';
import { z } from 'zod';
import { hostId } from '../schemas/ids.ts';

export const authorityPath = '/ca';
export const enrolmentPath = '/enroll';
export const renewalPath = '/renew';
/** Where the agent's WebSocket goes. */
export const agentSocketPath = '/agent';

/** All that agents call; everything but the anonymous ones takes a client certificate. */
export const agentRoutes = [
  { method: 'GET', path: authorityPath, anonymous: true },
  { method: 'POST', path: enrolmentPath, anonymous: true },
  { method: 'POST', path: renewalPath, anonymous: false },
  { method: 'GET', path: agentSocketPath, anonymous: false },
] as const;

/** PEM; how it must look inside is said where it is read. */
const csr = z.string().max(limits.csrChars);
/** 32 bytes of X25519. */
const sealingKey = z.string().regex(/^[A-Za-z0-9+/]{43}=$/, 'must be 32 bytes as base64');
/** 64 bytes of ECDSA, by the key of the certificate request. */
const proof = z.string().regex(/^[A-Za-z0-9+/]{86}==$/, 'must be 64 bytes as base64');
const pem = z.string().max(8 * 1024);

export const authorityAnswer = z.object({ ca: pem });

export const enrolmentRequest = z.strictObject({
  join_token: z.string().min(1).max(128),
  host_id: hostId,
  csr,
  sealing_key: sealingKey,
  proof,
});

export type EnrolmentRequest = z.output<typeof enrolmentRequest>;

export const renewalRequest = z.strictObject({
  csr,
  /** Without it the control plane keeps the one that it has. */
  sealing_key: sealingKey.optional(),
  proof,
});

export type RenewalRequest = z.output<typeof renewalRequest>;

export const renewalAnswer = z.object({
  certificate: pem,
  /** Counts up by one with each renewal. */
  generation: z.int().min(1),
});

export type RenewalAnswer = z.output<typeof renewalAnswer>;

/** With what the host pins: whose personas it runs, and who signs checkpoints of the audit log. */
export const enrolmentAnswer = renewalAnswer.extend({
  /** The authority that the join token named. */
  ca: pem,
  organization: z.string().max(64),
  environment: z.string().max(64),
  root: envelope,
  /** 32 bytes as base64. */
  audit_key: z.string().max(64),
});

export type EnrolmentAnswer = z.output<typeof enrolmentAnswer>;
export type TrustPin = Pick<EnrolmentAnswer, 'organization' | 'environment' | 'root' | 'audit_key'>;
