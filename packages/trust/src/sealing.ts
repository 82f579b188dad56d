/**
 * Sealing: anybody who knows a host's public key can encrypt for it, and the host alone can open it.
 *
 * Each seal has a key pair of its own; the shared secret of X25519 goes through HKDF-SHA-256, bound to both public keys, into
 * AES-256-GCM, bound to the name of what is sealed.
 * Shape: bytes and a name → the seal's public key (32 bytes) and what `encrypt` makes, as base64.
 * Throws: `cipher_failed` when this is not the key, the name or the seal; `key_invalid`.
 * Source: RFC 7748, RFC 5869; the construction is that of ECIES (SEC 1, 5.1).
 */
import {
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  hkdfSync,
  type KeyObject,
} from 'node:crypto';
import { GuiseError } from '@guise/model';
import { cipherKeyBytes, decrypt, encrypt } from './ciphers.ts';

const publicKeyBytes = 32;
const purpose = 'guise sealed v1';

export interface SealingKeyPair {
  /** 32 bytes as base64. */
  readonly publicKey: string;
  /** PKCS #8. */
  readonly privatePem: string;
}

export function newSealingKey(): SealingKeyPair {
  const { privateKey, publicKey } = generateKeyPairSync('x25519');
  return {
    publicKey: rawOf(publicKey).toString('base64'),
    privatePem: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
}

/** 32 bytes as base64. */
export function publicSealingKey(privatePem: string): string {
  return rawOf(createPublicKey(createPrivateKey(privatePem))).toString('base64');
}

export function seal(publicKey: string, name: string, plain: Uint8Array): string {
  const own = generateKeyPairSync('x25519');
  const ownRaw = rawOf(own.publicKey);
  const theirRaw = Buffer.from(publicKey, 'base64');
  const key = sharedKey(own.privateKey, publicKeyOf(theirRaw), ownRaw, theirRaw);
  return Buffer.concat([ownRaw, encrypt(key, name, plain)]).toString('base64');
}

export function unseal(privatePem: string, name: string, sealed: string): Buffer {
  const bytes = Buffer.from(sealed, 'base64');
  const sealRaw = bytes.subarray(0, publicKeyBytes);
  const privateKey = createPrivateKey(privatePem);
  const ownRaw = rawOf(createPublicKey(privateKey));
  const key = sharedKey(privateKey, publicKeyOf(sealRaw), sealRaw, ownRaw);
  return decrypt(key, name, bytes.subarray(publicKeyBytes));
}

function sharedKey(privateKey: KeyObject, publicKey: KeyObject, sealRaw: Buffer, hostRaw: Buffer): Buffer {
  let secret: Buffer;
  try {
    secret = diffieHellman({ privateKey, publicKey });
  } catch (cause) {
    throw new GuiseError('key_invalid', 'Cannot use the sealing key: it is not a usable X25519 key', { cause });
  }
  return Buffer.from(hkdfSync('sha256', secret, Buffer.concat([sealRaw, hostRaw]), purpose, cipherKeyBytes));
}

function publicKeyOf(raw: Buffer): KeyObject {
  try {
    return createPublicKey({ key: { kty: 'OKP', crv: 'X25519', x: raw.toString('base64url') }, format: 'jwk' });
  } catch (cause) {
    throw new GuiseError('key_invalid', 'Cannot use the sealing key: it is not an X25519 key', { cause });
  }
}

function rawOf(key: KeyObject): Buffer {
  return Buffer.from(key.export({ format: 'jwk' }).x ?? '', 'base64url');
}
