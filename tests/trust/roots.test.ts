/** Trust roots: which are believed first, which follow, and which keys they may have. */
import { openRoot } from '@guise/decide/trust';
import type { RootStatement } from '@guise/model/trust';
import { keyIdOf } from '@guise/trust/signing';
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

describe('a key of small order', () => {
  // The eight points, and a second spelling of four of them and of each point whose x is 0; see packages/trust/src/usable-key.test.ts.
  const one = `01${'00'.repeat(31)}`;
  const eighth = [
    '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc',
    'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03',
  ];
  const spellings = [
    one,
    `01${'00'.repeat(30)}80`,
    `ec${'ff'.repeat(30)}7f`,
    `ec${'ff'.repeat(31)}`,
    '00'.repeat(32),
    `${'00'.repeat(31)}80`,
    `ed${'ff'.repeat(30)}7f`,
    `ed${'ff'.repeat(31)}`,
    `ee${'ff'.repeat(30)}7f`,
    `ee${'ff'.repeat(31)}`,
    `${eighth[0]}05`,
    `${eighth[0]}85`,
    `${eighth[1]}7a`,
    `${eighth[1]}fa`,
  ];

  it.each(spellings)('is refused: %s', (hex) => {
    const key = Buffer.from(hex, 'hex').toString('base64');
    const keys = [...rootStatement().keys, { keyid: keyIdOf(key), name: 'small', public: key }];
    expect(() => open({ keys })).toThrow(/no key that only its owner can sign with/);
  });
});
