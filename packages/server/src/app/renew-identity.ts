/**
 * A host's certificate becomes the next one, and copies of a host are found.
 *
 * Each renewal counts a generation up. Who has the newest certificate gets the next; who has the one before and asks with the very
 * request that made the newest lost the answer, and gets it again. Any other request with an older certificate says that two have
 * what one had: the identity is locked, nobody is let in by it any more, and a person has to enrol the host again.
 * Throws: `csr_invalid`, `certificate_invalid`, `identity_locked`, `identity_revoked`.
 */
import type { RenewalAnswer, RenewalRequest } from '@guise/api';
import { GuiseError } from '@guise/model';
import { type CertificateRequest, readCertificateRequest } from '@guise/trust/certificate-request';
import { verifyIdentityProof } from '@guise/trust/identity-proof';
import { alertSignals, identityAlert, setOwnAlert } from '../store/alerts.ts';
import type { Database, Executor, Mutation } from '../store/database.ts';
import { mutate } from '../store/database.ts';
import { setSealingKey } from '../store/enrolment.ts';
import { findCertificate, holdIdentity, refuseIdentity } from '../store/identities.ts';
import { type HostPeer, refusalOf, unknownCertificate } from './admit-host.ts';
import type { CertificateAuthority } from './certificate-authority.ts';
import { issueGeneration } from './enrol-host.ts';

const lockReason = 'two certificates of it were renewed, so somebody has a copy of its identity';

type Renewed = RenewalAnswer | GuiseError;

export async function renewIdentity(
  database: Database,
  authority: CertificateAuthority,
  peer: HostPeer,
  request: RenewalRequest,
): Promise<RenewalAnswer> {
  const csr = provenRequest(peer, request);
  const renewed = await mutate(database, `host/${peer.hostId}`, (tx) => renew(tx, authority, { peer, request, csr }));
  // Thrown after the commit: that an identity was locked must stay, though nobody gets a certificate.
  if (renewed instanceof GuiseError) throw renewed;
  return renewed;
}

interface Renewal {
  readonly peer: HostPeer;
  readonly request: RenewalRequest;
  readonly csr: CertificateRequest;
}

async function renew(
  tx: Executor,
  authority: CertificateAuthority,
  { peer: { hostId, serial }, request, csr }: Renewal,
): Promise<Mutation<Renewed>> {
  const identity = await holdIdentity(tx, hostId);
  const presented = await findCertificate(tx, hostId, { serial });
  if (identity === null || presented === null) throw unknownCertificate(hostId);
  if (identity.state !== 'active') throw refusalOf(hostId, identity.state, null);
  const { generation } = identity;
  if (presented.generation < generation) {
    const newest = await findCertificate(tx, hostId, { generation });
    const isRepeated = presented.generation === generation - 1 && newest?.csrDigest === csr.digest;
    return isRepeated
      ? { value: { certificate: newest.certificate, generation }, audit: null, signals: [] }
      : lock(tx, hostId, { presented: presented.generation, newest: generation });
  }
  const next = generation + 1;
  const certificate = await issueGeneration(tx, authority, { hostId, csr, generation: next });
  if (request.sealing_key !== undefined) await setSealingKey(tx, hostId, request.sealing_key);
  return {
    value: { certificate, generation: next },
    audit: { action: 'host:renew', resource: `host/${hostId}`, detail: { generation: next, csr: csr.digest } },
    signals: [],
  };
}

async function lock(
  tx: Executor,
  hostId: HostPeer['hostId'],
  generations: { readonly presented: number; readonly newest: number },
): Promise<Mutation<Renewed>> {
  await refuseIdentity(tx, hostId, 'locked', lockReason);
  const refusal = refusalOf(hostId, 'locked', lockReason);
  const turns = await setOwnAlert(tx, hostId, identityAlert, refusal.message);
  return {
    value: refusal,
    audit: { action: 'host:lock', resource: `host/${hostId}`, detail: generations, outcome: 'denied' },
    signals: [
      { type: 'identity', host_id: hostId },
      { type: 'event', event: 'host.identity_locked', subject: hostId },
      ...alertSignals(turns),
    ],
  };
}

function provenRequest({ hostId }: HostPeer, request: RenewalRequest): CertificateRequest {
  const csr = readCertificateRequest(request.csr, hostId);
  const claims = {
    purpose: 'guise renewal v1',
    host_id: hostId,
    sealing_key: request.sealing_key ?? null,
    csr_digest: csr.digest,
  } as const;
  if (verifyIdentityProof(csr.publicKey, claims, request.proof)) return csr;
  throw new GuiseError('csr_invalid', 'Cannot certify the request: its proof must be by the key that is in it');
}
