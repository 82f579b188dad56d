import { createPublicKey } from 'node:crypto';
import { expect, it } from 'vitest';
import { newIdentityKey } from './certificate-request.ts';
import { signIdentityProof, verifyIdentityProof } from './identity-proof.ts';

const key = newIdentityKey();
const publicOf = (pem: string) => createPublicKey(pem).export({ type: 'spki', format: 'der' });
const claims = {
  purpose: 'guise enrolment v1',
  host_id: 'h1',
  sealing_key: 'A'.repeat(44),
  csr_digest: 'sha256:a',
  join_token_digest: 'sha256:b',
} as const;

it('is of these claims by this key, and of no others', () => {
  const proof = signIdentityProof(key, claims);
  expect(proof).toHaveLength(88);
  expect(verifyIdentityProof(publicOf(key), claims, proof)).toBe(true);
  expect(verifyIdentityProof(publicOf(newIdentityKey()), claims, proof)).toBe(false);
  for (const name of ['host_id', 'sealing_key', 'csr_digest', 'join_token_digest']) {
    expect(verifyIdentityProof(publicOf(key), { ...claims, [name]: 'other' }, proof)).toBe(false);
  }
  const renewal = {
    purpose: 'guise renewal v1',
    host_id: 'h1',
    sealing_key: claims.sealing_key,
    csr_digest: 'sha256:a',
  } as const;
  expect(verifyIdentityProof(publicOf(key), renewal, proof)).toBe(false);
});

it('is nothing when it or its key is garbage', () => {
  for (const proof of ['', 'A'.repeat(86), '!'.repeat(88)]) {
    expect(verifyIdentityProof(publicOf(key), claims, proof)).toBe(false);
  }
  expect(verifyIdentityProof(Buffer.from('garbage'), claims, signIdentityProof(key, claims))).toBe(false);
});
