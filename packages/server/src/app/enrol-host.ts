/**
 * A join token becomes a host with a certificate: once, even when a hundred try at the same instant.
 *
 * Invariants: the token is taken, the host written and its certificate kept in one transaction, so a refusal leaves the token good; a
 * host that is known is replaced only with a token made for it, and then its former certificates are worth nothing; the same
 * request again gets the same answer.
 * Throws: `csr_invalid`, `token_invalid`, `host_exists`.
 */
import type { EnrolmentRequest, RenewalAnswer } from '@guise/api';
import { GuiseError } from '@guise/model';
import { type CertificateRequest, readCertificateRequest } from '@guise/trust/certificate-request';
import { verifyIdentityProof } from '@guise/trust/identity-proof';
import { alertSignals, identityAlert, setOwnAlert } from '../store/alerts.ts';
import type { Database, Executor } from '../store/database.ts';
import { mutate } from '../store/database.ts';
import { enrolHost, redeemJoinToken } from '../store/enrolment.ts';
import { addCertificate, findCertificate, startIdentity } from '../store/identities.ts';
import type { CertificateAuthority } from './certificate-authority.ts';
import { tokenDigest } from './tokens.ts';

const firstGeneration = 1;

export async function enrol(
  database: Database,
  authority: CertificateAuthority,
  request: EnrolmentRequest,
): Promise<RenewalAnswer> {
  const { host_id: hostId, sealing_key: sealingKey } = request;
  const joinTokenDigest = tokenDigest(request.join_token);
  const csr = provenRequest(request, joinTokenDigest);
  const certificate = await mutate(database, `host/${hostId}`, async (tx) => {
    const redeemed = await redeemJoinToken(tx, { joinTokenDigest, hostId, csrDigest: csr.digest });
    if (redeemed.type === 'refused') throw unusable();
    if (redeemed.type === 'repeated') {
      const known = await findCertificate(tx, hostId, { generation: firstGeneration });
      if (known?.csrDigest !== csr.digest) throw unusable();
      return { value: known.certificate, audit: null, signals: [] };
    }
    if (!(await enrolHost(tx, hostId, sealingKey, redeemed))) {
      throw new GuiseError(
        'host_exists',
        `Cannot enrol "${hostId}": a host of this name is enrolled; replace it with a join token made for it`,
      );
    }
    await startIdentity(tx, hostId);
    const turns = await setOwnAlert(tx, hostId, identityAlert, null);
    const issued = await issueGeneration(tx, authority, { hostId, csr, generation: firstGeneration });
    return {
      value: issued,
      audit: {
        action: 'host:enroll',
        resource: `host/${hostId}`,
        detail: { invited_by: redeemed.createdBy, csr: csr.digest, tags: { ...redeemed.tags } },
      },
      signals: [
        { type: 'identity', host_id: hostId },
        { type: 'event', event: 'host.enrolled', subject: hostId },
        ...alertSignals(turns),
      ],
    };
  });
  return { certificate, generation: firstGeneration };
}

interface Issue {
  readonly hostId: EnrolmentRequest['host_id'];
  readonly csr: CertificateRequest;
  readonly generation: number;
}

/** On record before anybody has it. */
export async function issueGeneration(
  tx: Executor,
  authority: CertificateAuthority,
  { hostId, csr, generation }: Issue,
): Promise<string> {
  const issued = await authority.issueHost(hostId, csr.publicKey);
  await addCertificate(tx, { ...issued, hostId, generation, csrDigest: csr.digest });
  return issued.certificate;
}

function provenRequest(request: EnrolmentRequest, joinTokenDigest: string): CertificateRequest {
  const csr = readCertificateRequest(request.csr, request.host_id);
  const claims = {
    purpose: 'guise enrolment v1',
    host_id: request.host_id,
    sealing_key: request.sealing_key,
    csr_digest: csr.digest,
    join_token_digest: joinTokenDigest,
  } as const;
  if (verifyIdentityProof(csr.publicKey, claims, request.proof)) return csr;
  throw new GuiseError('csr_invalid', 'Cannot certify the request: its proof must be by the key that is in it');
}

function unusable(): GuiseError {
  return new GuiseError(
    'token_invalid',
    'Cannot enrol with this join token: it is unknown, used, expired or made for another host',
  );
}
