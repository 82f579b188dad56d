import { newSigningKey } from '@guise/trust/signing';
import { describe, expect, it } from 'vitest';
import type { KeyFile } from './key-files.ts';
import { firstRoot, nextRoot, type RootChanges } from './root-changes.ts';
import { newRootFile, trustRoot } from './root-files.ts';

function keyNamed(name: string): KeyFile & { readonly signing: ReturnType<typeof newSigningKey> } {
  const signing = newSigningKey();
  return { name, keyId: signing.keyId, publicKey: signing.publicKey, signing };
}

const [alice, bob, carol] = [keyNamed('alice'), keyNamed('bob'), keyNamed('carol')];
const any = { environment: '*', category: '*' };
const production = { environment: 'production', category: '*' };
const nothing: RootChanges = {
  rootKeys: [],
  rootThreshold: null,
  signers: [],
  signerThresholds: [],
  rollbackSigners: [],
  removed: [],
  dropped: [],
  expiresAt: '2099-01-01T00:00:00.000Z',
};

describe('a first root', () => {
  it('of one key lets it sign everything', async () => {
    const statement = firstRoot('acme', { ...nothing, rootKeys: [alice] });
    const rule = { ...any, keys: [alice.keyId], threshold: 1 };
    expect(statement).toMatchObject({ version: 1, personas: [rule], rollbacks: [rule] });
    const { envelope } = await newRootFile(statement, [alice.signing]);
    expect((await trustRoot(envelope, null)).keys.get(alice.keyId)?.name).toBe('alice');
  });

  it('wants more than half of its root keys for the next', () => {
    const thresholdOf = (...rootKeys: KeyFile[]) => firstRoot('acme', { ...nothing, rootKeys }).root.threshold;
    expect([thresholdOf(alice), thresholdOf(alice, bob), thresholdOf(alice, bob, carol)]).toEqual([1, 2, 2]);
  });

  it('has no two keys of one name', () => {
    expect(() => firstRoot('acme', { ...nothing, rootKeys: [alice, keyNamed('alice')] })).toThrow(
      /another key named alice/,
    );
  });
});

describe('the next root', () => {
  const signers = [
    { scope: any, key: bob },
    { scope: production, key: carol },
  ];
  const first = firstRoot('acme', { ...nothing, rootKeys: [alice], signers });

  it('replaces its own key, and can be opened with and without the one before', async () => {
    const before = await trustRoot((await newRootFile(first, [alice.signing])).envelope, null);
    const dave = keyNamed('dave');
    const statement = nextRoot(first, { ...nothing, rootKeys: [dave], removed: ['alice'] });
    expect(statement.root.keys).toEqual([dave.keyId]);
    const { envelope } = await newRootFile(statement, [alice.signing, dave.signing]);
    const next = await trustRoot(envelope, before);
    expect(next.version).toBe(2);
    expect(await trustRoot(envelope, null)).toEqual(next);
    const third = nextRoot(statement, nothing);
    expect(third.keys.map(({ name }) => name)).not.toContain('alice');
  });

  it('keeps no rule without keys, so that nothing falls under a weaker one unsaid', () => {
    expect(() => nextRoot(first, { ...nothing, removed: ['carol'] })).toThrow(/--drop production/);
    const dropped = nextRoot(first, { ...nothing, removed: ['carol'], dropped: [production] });
    expect(dropped.personas.map(({ environment }) => environment)).toEqual(['*']);
    expect(dropped.keys.map(({ name }) => name).toSorted()).toEqual(['alice', 'bob']);
  });

  it('changes how many must sign, where somebody may', () => {
    const two = {
      ...nothing,
      signers: [{ scope: production, key: bob }],
      signerThresholds: [{ scope: production, threshold: 2 }],
    };
    const { personas, rollbacks } = nextRoot(first, two);
    for (const rules of [personas, rollbacks]) {
      expect(rules.find(({ environment }) => environment === 'production')).toMatchObject({ threshold: 2 });
    }
    const nowhere = { environment: 'staging', category: '*' };
    expect(() => nextRoot(first, { ...nothing, signerThresholds: [{ scope: nowhere, threshold: 2 }] })).toThrow(
      /there is none/,
    );
    expect(() => nextRoot(first, { ...nothing, removed: ['eve'] })).toThrow(/the root has the keys/);
  });
});
