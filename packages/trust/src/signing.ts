/**
 * Ed25519 by OpenSSL: key pairs, signatures, and the name of a key.
 *
 * A key's id is the digest of its 32 bytes, so one key cannot stand under two names, and whoever counts ids counts keys.
 * Throws: `key_invalid` for what is no Ed25519 key.
 * Source: RFC 8032; RFC 8410 for PEM.
 */
import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, sign, verify } from 'node:crypto';
import type { VerifySignature } from '@guise/model';
import { GuiseError } from '@guise/model';

export interface SigningKey {
  /** `ed25519:` and 64 hexadecimal digits. */
  readonly keyId: string;
  /** 32 bytes as base64. */
  readonly publicKey: string;
  /** 64 bytes. */
  sign(message: Uint8Array): Uint8Array;
}

export interface NewSigningKey extends SigningKey {
  /** PKCS #8. Whoever has it signs as its owner. */
  readonly privatePem: string;
}

export function newSigningKey(): NewSigningKey {
  const { privateKey } = generateKeyPairSync('ed25519');
  const privatePem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  return { ...signingKey(privatePem), privatePem };
}

export function signingKey(privatePem: string): SigningKey {
  try {
    const key = createPrivateKey(privatePem);
    if (key.asymmetricKeyType !== 'ed25519') throw new Error(`it is a key of type ${key.asymmetricKeyType}`);
    const { x = '' } = createPublicKey(key).export({ format: 'jwk' });
    const publicKey = Buffer.from(x, 'base64url').toString('base64');
    return { keyId: keyIdOf(publicKey), publicKey, sign: (message) => sign(null, message, key) };
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new GuiseError('key_invalid', `Cannot use the private key: ${reason}`, { cause });
  }
}

/** Of the 32 bytes as base64. */
export function keyIdOf(publicKey: string): string {
  return `ed25519:${createHash('sha256').update(Buffer.from(publicKey, 'base64')).digest('hex')}`;
}

/** False for anything that is not a signature by that key, the key included. */
export const verifySignature: VerifySignature = (publicKey, message, signature) => {
  try {
    const x = Buffer.from(publicKey, 'base64').toString('base64url');
    const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
    return verify(null, message, key, signature);
  } catch {
    return false;
  }
};
