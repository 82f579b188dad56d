import { describe, expect, it } from 'vitest';
import { keyIdOf, newSigningKey, signingKey, verifySignature } from './signing.ts';

describe('a signing key', () => {
  it('signs what its public half verifies, and nothing else', () => {
    const key = newSigningKey();
    const again = signingKey(key.privatePem);
    expect(again.keyId).toBe(keyIdOf(key.publicKey));
    const message = Buffer.from('a persona');
    const signature = again.sign(message);
    expect(verifySignature(key.publicKey, message, signature)).toBe(true);
    expect(verifySignature(key.publicKey, Buffer.from('another'), signature)).toBe(false);
    expect(verifySignature(newSigningKey().publicKey, message, signature)).toBe(false);
    expect(verifySignature('AAAA', message, signature)).toBe(false);
  });

  it('is refused when it is no Ed25519 key', () => {
    expect(() => signingKey('nothing')).toThrow(expect.objectContaining({ code: 'key_invalid' }));
  });
});
