/** Trust roots: which are believed first, which follow, and which keys they may have. */
import { openRoot } from '@guise/decide/trust';
import type { RootStatement } from '@guise/model/trust';
import { keyIdOf } from '@guise/trust/signing';
import { ed25519 } from '@noble/curves/ed25519.js';
import { describe, expect, it } from 'vitest';
import { authors, idsOf, isUsableKey, rootStatement, signedRoot, trustedRoot, verify } from './signers.ts';

const options = { verify, isUsableKey };
const refused = expect.objectContaining({ code: 'root_refused' });
const open = (changes: Partial<RootStatement>) => openRoot(signedRoot(rootStatement(changes), 'alice'), null, options);

describe('a first root', () => {
  it('is signed by enough of its own root keys', () => {
    expect(open({ version: 4 })).toMatchObject({ organization: 'acme', version: 4 });
    expect(() => openRoot(signedRoot(rootStatement(), 'bob'), null, options)).toThrow(refused);
    expect(() => open({ root: { keys: idsOf('alice', 'bob'), threshold: 2 } })).toThrow(refused);
    const envelope = signedRoot(rootStatement(), 'alice');
    expect(() =>
      openRoot(
        { ...envelope, signatures: [{ keyid: authors.alice.keyId, sig: `${'A'.repeat(86)}==` }] },
        null,
        options,
      ),
    ).toThrow(refused);
  });

  it('has each key once, under the digest of its bytes', () => {
    const { keys } = rootStatement();
    const [alice, bob] = keys;
    if (alice === undefined || bob === undefined) throw new Error('the root has no keys');
    expect(() => open({ keys: [...keys, alice] })).toThrow(/twice/);
    expect(() => open({ keys: [...keys.slice(1), { ...alice, name: 'bob' }] })).toThrow(/the name bob twice/);
    expect(() => open({ keys: [alice, { ...bob, public: alice.public }] })).toThrow(/not the digest/);
    expect(() => open({ keys: [{ ...alice, public: alice.public.replace(/.=$/, '9=') }] })).toThrow(refused);
  });

  it('asks for no more keys than there are, for keys that it has, and by one rule each', () => {
    const rule = { environment: '*', category: '*', keys: idsOf('bob', 'carol'), threshold: 1 };
    for (const role of ['personas', 'rollbacks'] as const) {
      expect(() => open({ [role]: [rule] })).not.toThrow();
      expect(() => open({ [role]: [{ ...rule, threshold: 3 }] })).toThrow(/3 keys must sign/);
      expect(() => open({ [role]: [{ ...rule, keys: idsOf('bob', 'bob'), threshold: 2 }] })).toThrow(/twice/);
      expect(() => open({ [role]: [{ ...rule, keys: [`ed25519:${'0'.repeat(64)}`] }] })).toThrow(/no key of it/);
      expect(() => open({ [role]: [rule, { ...rule, keys: idsOf('bob') }] })).toThrow(/twice/);
    }
  });
});

describe('the next root', () => {
  const first = trustedRoot({ root: { keys: idsOf('alice', 'bob', 'carol'), threshold: 2 } });
  const next = rootStatement({ version: 2, root: { keys: idsOf('carol', 'dave'), threshold: 2 } });

  it('is signed by enough of the keys before and of its own', () => {
    expect(openRoot(signedRoot(next, 'alice', 'bob', 'carol', 'dave'), first, options).version).toBe(2);
    expect(openRoot(signedRoot(next, 'alice', 'carol', 'dave'), first, options).version).toBe(2);
    expect(() => openRoot(signedRoot(next, 'carol', 'dave'), first, options)).toThrow(/must sign what follows root 1/);
    expect(() => openRoot(signedRoot(next, 'alice', 'bob'), first, options)).toThrow(/must sign root 2/);
    expect(() => openRoot(signedRoot(next, 'alice', 'bob', 'carol'), first, options)).toThrow(/must sign root 2/);
  });

  it('is of the same organisation and has exactly the next number', () => {
    const everybody = ['alice', 'bob', 'carol', 'dave'] as const;
    for (const version of [1, 3, 4]) {
      expect(() => openRoot(signedRoot({ ...next, version }, ...everybody), first, options)).toThrow(
        /after root 1 comes root 2/,
      );
    }
    expect(() => openRoot(signedRoot({ ...next, organization: 'other' }, ...everybody), first, options)).toThrow(
      /for organization other/,
    );
  });

  it('has everybody who signed it among its keys, so that it can be opened again without the one before', () => {
    const without = { ...next, keys: next.keys.filter(({ name }) => name !== 'alice'), personas: [], rollbacks: [] };
    expect(() => openRoot(signedRoot(without, 'alice', 'carol', 'dave'), first, options)).toThrow(/no key of the root/);
    const leaving = signedRoot({ ...next, personas: [], rollbacks: [] }, 'alice', 'carol', 'dave');
    expect(openRoot(leaving, null, options)).toEqual(openRoot(leaving, first, options));
  });

  it('may have ended, so that a host that was away can catch up', () => {
    const ended = { ...next, expires_at: '2020-01-01T00:00:00.000Z' };
    expect(openRoot(signedRoot(ended, 'alice', 'carol', 'dave'), first, options).expiresAt).toBe(ended.expires_at);
  });
});

describe('a key that others than its owner could sign with', () => {
  it('is no key of small order, however it is spelled', () => {
    const spellings = smallOrderSpellings();
    expect(spellings.length).toBeGreaterThanOrEqual(10);
    for (const bytes of spellings) {
      const key = Buffer.from(bytes).toString('base64');
      expect(isUsableKey(key)).toBe(false);
      const keys = [...rootStatement().keys, { keyid: keyIdOf(key), name: 'small', public: key }];
      expect(() => open({ keys })).toThrow(/no key that only its owner can sign with/);
    }
  });

  it('is no point outside the group that keys are made in, and no other bytes', () => {
    const { Point } = ed25519;
    const mixed = Point.BASE.add(torsion()[1] ?? Point.ZERO);
    expect(isUsableKey(Buffer.from(mixed.toBytes()).toString('base64'))).toBe(false);
    expect(isUsableKey(Buffer.from(Point.BASE.toBytes()).toString('base64'))).toBe(true);
    // There is no point with y = 2.
    expect(isUsableKey(Buffer.from([2, ...Array<number>(31).fill(0)]).toString('base64'))).toBe(false);
    for (const odd of ['', 'AAAA', '!', Buffer.alloc(33, 1).toString('base64')]) expect(isUsableKey(odd)).toBe(false);
    for (const { publicKey } of Object.values(authors)) expect(isUsableKey(publicKey)).toBe(true);
  });
});

/** All points whose order divides 8: multiples of one of order 8. */
function torsion() {
  const generator = ed25519.Point.fromHex('c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a');
  return Array.from({ length: 8 }, (_, index) =>
    index === 0 ? ed25519.Point.ZERO : generator.multiply(BigInt(index)),
  );
}

/** The eight points; with the sign bit of x = 0 set; and with p added to y where that fits into 255 bits. */
function smallOrderSpellings(): readonly Uint8Array[] {
  const prime = 2n ** 255n - 19n;
  const spellings = torsion().flatMap((point) => {
    const { x, y } = point.toAffine();
    const signs = x === 0n ? [0n, 1n] : [x & 1n];
    const ys = y + prime < 2n ** 255n ? [y, y + prime] : [y];
    return ys.flatMap((value) => signs.map((sign) => littleEndian(value + (sign << 255n))));
  });
  return [...new Map(spellings.map((bytes) => [Buffer.from(bytes).toString('hex'), bytes])).values()];
}

function littleEndian(value: bigint): Uint8Array {
  return Uint8Array.from({ length: 32 }, (_, index) => Number((value >> BigInt(8 * index)) & 255n));
}
