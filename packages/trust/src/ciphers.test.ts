import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decrypt, encrypt } from './ciphers.ts';
import { newSealingKey, seal, unseal } from './sealing.ts';

const key = Buffer.alloc(32, 7);
const refused = expect.objectContaining({ code: expect.stringMatching(/cipher_failed|key_invalid/) });

describe('what is encrypted', () => {
  it('comes back under its key and name alone', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.string(), (plain, name) => {
        const encrypted = encrypt(key, name, plain);
        expect(new Uint8Array(decrypt(key, name, encrypted))).toEqual(plain);
        expect(() => decrypt(Buffer.alloc(32, 8), name, encrypted)).toThrow(refused);
        expect(() => decrypt(key, `${name}!`, encrypted)).toThrow(refused);
      }),
    );
  });

  it('is refused with any byte changed or cut', () => {
    const encrypted = encrypt(key, 'a', Buffer.from('canary'));
    for (let index = 0; index < encrypted.length; index += 1) {
      const changed = Buffer.from(encrypted);
      changed[index] = (changed[index] ?? 0) ^ 1;
      expect(() => decrypt(key, 'a', changed)).toThrow(refused);
      expect(() => decrypt(key, 'a', encrypted.subarray(0, index))).toThrow(refused);
    }
  });
});

describe('what is sealed', () => {
  it('is opened by the one private key, for the one name', () => {
    const [mine, yours] = [newSealingKey(), newSealingKey()];
    const sealed = seal(mine.publicKey, 'db-password', Buffer.from('canary'));
    expect(unseal(mine.privatePem, 'db-password', sealed).toString()).toBe('canary');
    expect(() => unseal(yours.privatePem, 'db-password', sealed)).toThrow(refused);
    expect(() => unseal(mine.privatePem, 'other', sealed)).toThrow(refused);
    expect(() => seal(Buffer.alloc(32).toString('base64'), 'a', Buffer.of(1))).toThrow(refused);
  });
});
