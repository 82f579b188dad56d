/**
 * Asks for this host's next certificate, with a new key.
 *
 * Killed anywhere: the next start asks with the same request, and gets the same answer.
 * Throws: `identity_locked`, `identity_revoked` and `certificate_invalid` of the control plane; `server_unavailable`; `journal_failed`.
 */
import { renewalAnswer, renewalPath } from '@guise/api/agent-wire';
import { GuiseError } from '@guise/model';
import { digestOfRequest } from '@guise/trust/certificate-request';
import { signIdentityProof } from '@guise/trust/identity-proof';
import { type AskAgentsPort, askAgentsPort } from './ask-agents-port.ts';
import type { IdentityStore } from './identity-store.ts';

export async function renew(url: string, identity: IdentityStore, ask: AskAgentsPort = askAgentsPort): Promise<void> {
  const { current } = identity;
  if (current === null) throw new GuiseError('certificate_invalid', 'Cannot renew what this host does not have');
  const pending = identity.prepareRenewal();
  const proof = signIdentityProof(pending.key, {
    purpose: 'guise renewal v1',
    host_id: identity.hostId,
    sealing_key: null,
    csr_digest: digestOfRequest(pending.csr),
  });
  const body = { csr: pending.csr, proof };
  const answered = renewalAnswer.safeParse(await ask({ url, path: renewalPath, body, authority: current }));
  if (!answered.success) {
    throw new GuiseError('message_invalid', 'Cannot renew: the control plane speaks another language', {
      detail: answered.error.message,
    });
  }
  identity.accept(answered.data, current.ca);
}
