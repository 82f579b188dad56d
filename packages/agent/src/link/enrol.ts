/**
 * Makes this host a member of a fleet: a join token for a certificate, once.
 *
 * The token says which authority it is for. Nothing of it leaves this host before that authority is found at the other end, and
 * then it goes over TLS that is verified by it. What the host is to trust from then on is pinned first, and then the identity kept.
 * Killed anywhere: the next start asks with the same request, and gets the same answer.
 * Throws: the control plane's own error, such as `token_invalid` or `host_exists`; `certificate_invalid` when somebody else answers;
 * `root_refused`; `server_unavailable`; `journal_failed`.
 */
import { X509Certificate } from 'node:crypto';
import {
  authorityAnswer,
  authorityDigestOf,
  authorityPath,
  enrolmentAnswer,
  enrolmentPath,
} from '@guise/api/agent-wire';
import type { Digest } from '@guise/model';
import { canonicalJson, digestOfBytes, GuiseError } from '@guise/model';
import type { Envelope } from '@guise/model/trust';
import { digestOfRequest } from '@guise/trust/certificate-request';
import { signIdentityProof } from '@guise/trust/identity-proof';
import { publicSealingKey } from '@guise/trust/sealing';
import type { TrustStore } from '../trust/trust-store.ts';
import { type AskAgentsPort, askAgentsPort } from './ask-agents-port.ts';
import type { IdentityStore } from './identity-store.ts';

export interface EnrolOptions {
  /** The agents' port, `https://…` or `wss://…`. */
  readonly url: string;
  readonly joinToken: string;
  readonly identity: IdentityStore;
  readonly trust: Pick<TrustStore, 'pin'>;
  /** The trust root that somebody put on this host beforehand; null believes the one that comes with the token's authority. */
  readonly root: Envelope | null;
  /** The network, for tests that cut it. */
  readonly ask?: AskAgentsPort;
}

export async function enrol({
  url,
  joinToken,
  identity,
  trust,
  root,
  ask = askAgentsPort,
}: EnrolOptions): Promise<void> {
  const ca = await verifiedAuthority(ask, url, authorityDigestOf(joinToken));
  const pending = identity.prepareEnrolment(joinTokenDigest(joinToken));
  const sealing_key = publicSealingKey(pending.sealing_key);
  const proof = signIdentityProof(pending.key, {
    purpose: 'guise enrolment v1',
    host_id: identity.hostId,
    sealing_key,
    csr_digest: digestOfRequest(pending.csr),
    join_token_digest: joinTokenDigest(joinToken),
  });
  const body = { join_token: joinToken, host_id: identity.hostId, csr: pending.csr, sealing_key, proof };
  const answered = enrolmentAnswer.safeParse(await ask({ url, path: enrolmentPath, body, authority: { ca } }));
  if (!answered.success) {
    throw new GuiseError('message_invalid', 'Cannot enrol: the control plane speaks another language', {
      detail: answered.error.message,
    });
  }
  const { organization, environment, audit_key: auditKey, ...answer } = answered.data;
  if (root !== null && canonicalJson({ ...root }) !== canonicalJson({ ...answer.root })) {
    throw new GuiseError(
      'root_refused',
      'Cannot enrol: the control plane has another trust root than the one of this host',
    );
  }
  trust.pin({ organization, environment, root: answer.root, auditKey });
  identity.accept(answer, ca);
}

export function joinTokenDigest(joinToken: string): Digest {
  return digestOfBytes(new TextEncoder().encode(joinToken));
}

/** PEM. */
async function verifiedAuthority(ask: AskAgentsPort, url: string, expected: string): Promise<string> {
  const answered = authorityAnswer.safeParse(await ask({ url, path: authorityPath, authority: 'unverified' }));
  if (answered.success && digestOf(answered.data.ca) === `sha256:${expected}`) return answered.data.ca;
  throw new GuiseError(
    'certificate_invalid',
    `Cannot enrol at ${url}: who answers is not the control plane that made the join token, and was not told it`,
  );
}

function digestOf(ca: string): string | null {
  try {
    return digestOfBytes(new X509Certificate(ca).raw);
  } catch {
    return null;
  }
}
