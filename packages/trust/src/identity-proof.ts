/**
 * What a host signs with its identity key when it asks for a certificate, so that nobody between can put another sealing key, request
 * or token beside it.
 *
 * Shape: claims → 64 bytes of ECDSA P-256 over SHA-256 of their canonical JSON, as base64.
 */
import { createPrivateKey, createPublicKey, sign, verify } from 'node:crypto';
import { canonicalJson } from '@guise/model';

export type IdentityClaims =
  | {
      readonly purpose: 'guise enrolment v1';
      readonly host_id: string;
      readonly sealing_key: string;
      readonly csr_digest: string;
      readonly join_token_digest: string;
    }
  | {
      readonly purpose: 'guise renewal v1';
      readonly host_id: string;
      /** Null keeps the one that the control plane has. */
      readonly sealing_key: string | null;
      readonly csr_digest: string;
    };

/** Fixed in length, unlike the signatures of DER. */
const dsaEncoding = 'ieee-p1363';

export function signIdentityProof(privatePem: string, claims: IdentityClaims): string {
  return sign('sha256', bytesOf(claims), { key: createPrivateKey(privatePem), dsaEncoding }).toString('base64');
}

/** By the key of the certificate request, SubjectPublicKeyInfo as DER. Never throws. */
export function verifyIdentityProof(publicKey: Buffer, claims: IdentityClaims, proof: string): boolean {
  try {
    const key = createPublicKey({ key: publicKey, format: 'der', type: 'spki' });
    return verify('sha256', bytesOf(claims), { key, dsaEncoding }, Buffer.from(proof, 'base64'));
  } catch {
    return false;
  }
}

function bytesOf(claims: IdentityClaims): Buffer {
  return Buffer.from(canonicalJson(claims));
}
