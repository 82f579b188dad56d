/**
 * The authority of this control plane, kept in its vault and shared by its replicas.
 *
 * Made at the first start for ten years; join tokens name it by its digest, so a host meets no other in its place.
 * Throws: `database_unavailable`; `key_invalid` when the vault was written under another master key.
 */
import type { HostId } from '@guise/model';
import { GuiseError, limits } from '@guise/model';
import {
  certificateDigest,
  type HostCertificate,
  issueHostCertificate,
  issueServerCertificate,
  type KeyAndCertificate,
  makeAuthority,
  type Validity,
} from '@guise/trust/certificates';
import type { Database } from '../store/database.ts';
import type { Vault } from '../store/vault.ts';

export interface CertificateAuthority {
  /** PEM. */
  readonly certificate: string;
  /** As join tokens carry it. */
  readonly digest: string;
  /** Of what it issues. */
  readonly lifeMs: number;
  issueServer(): Promise<KeyAndCertificate>;
  issueHost(hostId: HostId, publicKey: Uint8Array): Promise<HostCertificate & { readonly notAfter: Date }>;
}

interface Parts {
  readonly database: Database;
  readonly vault: Vault;
  readonly lifeMs: number;
  readonly now: () => number;
}

export async function openCertificateAuthority({ database, vault, lifeMs, now }: Parts): Promise<CertificateAuthority> {
  const kept = await vault
    .ensure(database, 'certificate-authority', async () =>
      Buffer.from(JSON.stringify(await makeAuthority(validityFor(limits.authorityLifeMs, now())))),
    )
    .catch((cause: unknown) => {
      if (!(cause instanceof GuiseError && cause.code === 'cipher_failed')) throw cause;
      throw new GuiseError(
        'key_invalid',
        'Cannot open what the control plane keeps in this database: it was written under another master key; give every replica the same one (--master-key)',
        { cause },
      );
    });
  const authority = JSON.parse(kept.toString()) as KeyAndCertificate;
  return {
    certificate: authority.certificate,
    digest: certificateDigest(authority.certificate),
    lifeMs,
    issueServer: () => issueServerCertificate(authority, validityFor(lifeMs, now())),
    issueHost: async (hostId, publicKey) => {
      const validity = validityFor(lifeMs, now());
      return {
        ...(await issueHostCertificate(authority, { hostId, publicKey, ...validity })),
        notAfter: validity.notAfter,
      };
    },
  };
}

/** Begun a little ago, for hosts whose clock is behind. */
function validityFor(lifeMs: number, nowMs: number): Validity {
  return {
    notBefore: new Date(nowMs - Math.min(limits.clockSkewMs, lifeMs / 10)),
    notAfter: new Date(nowMs + lifeMs),
  };
}
