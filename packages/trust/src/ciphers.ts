/**
 * Encryption at rest: AES-256-GCM under a key that lies elsewhere.
 *
 * What is encrypted is bound to its name, so that one value cannot be put in another's place. Each encryption has a nonce of its own
 * of 96 random bits; a key is good for some 2³² of them.
 * Shape: bytes and a name → version, nonce, ciphertext and tag in one array, 29 bytes longer than the text.
 * Throws: `cipher_failed` when the key, the name or the bytes are not those.
 * Source: NIST SP 800-38D.
 */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { GuiseError } from '@guise/model';

export const cipherKeyBytes = 32;
const algorithm = 'aes-256-gcm';
const formatVersion = 1;
const nonceBytes = 12;
const tagBytes = 16;

export function encrypt(key: Uint8Array, name: string, plain: Uint8Array): Buffer {
  const nonce = randomBytes(nonceBytes);
  const cipher = createCipheriv(algorithm, key, nonce);
  cipher.setAAD(Buffer.from(name));
  const parts = [Buffer.of(formatVersion), nonce, cipher.update(plain), cipher.final()];
  return Buffer.concat([...parts, cipher.getAuthTag()]);
}

export function decrypt(key: Uint8Array, name: string, encrypted: Uint8Array): Buffer {
  const bytes = Buffer.from(encrypted.buffer, encrypted.byteOffset, encrypted.byteLength);
  try {
    if (bytes[0] !== formatVersion || bytes.length < 1 + nonceBytes + tagBytes) throw new Error('unknown format');
    const decipher = createDecipheriv(algorithm, key, bytes.subarray(1, 1 + nonceBytes), { authTagLength: tagBytes });
    decipher.setAAD(Buffer.from(name));
    decipher.setAuthTag(bytes.subarray(-tagBytes));
    return Buffer.concat([decipher.update(bytes.subarray(1 + nonceBytes, -tagBytes)), decipher.final()]);
  } catch (cause) {
    throw new GuiseError('cipher_failed', `Cannot decrypt ${JSON.stringify(name)}: it is not what this key encrypted`, {
      cause,
    });
  }
}
