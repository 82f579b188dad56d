/**
 * A join token: the secret, and which authority it may be told to.
 *
 * Shape: `join_` and 256 random bits, a dot, the SHA-256 of the authority's certificate (DER) in hexadecimal.
 * Throws: `token_invalid`.
 */
import { GuiseError } from '@guise/model';

const pattern = /^join_[A-Za-z0-9_-]{43}\.([0-9a-f]{64})$/;

export function authorityDigestOf(joinToken: string): string {
  const digest = pattern.exec(joinToken)?.[1];
  if (digest !== undefined) return digest;
  throw new GuiseError('token_invalid', 'Cannot use the join token: it is not whole; guise host token makes a new one');
}
