import type { Address, Json, State } from '@guise/model';
import { describe, expect, it } from 'vitest';
import { absentState } from '../kinds/index.ts';
import type { Operand } from './claim.ts';
import type { Saying } from './claims-of.ts';
import { claimsOf } from './claims-of.ts';
import { mergeClaims } from './merge.ts';

const somaxconn = 'sysctl:net.core.somaxconn';

describe('plain values', () => {
  it('higher priority wins without a conflict, and the loser is known', () => {
    const merged = merge([
      { instance: 'low', priority: 10, says: { [`${somaxconn} value`]: '1' } },
      { instance: 'high', priority: 20, says: { [`${somaxconn} value`]: '2' } },
    ]);
    expect(merged.state(somaxconn)).toEqual({ value: '2' });
    expect(merged.conflicts).toEqual([]);
    expect(merged.provenance(somaxconn, 'value').losers.map(({ layer }) => layer.instance)).toEqual(['low']);
  });

  it('equal priorities go by persona id and are a conflict, unless both say the same', () => {
    const merged = merge([
      { instance: 'b', says: { [`${somaxconn} value`]: '2' } },
      { instance: 'a', says: { [`${somaxconn} value`]: '1' } },
    ]);
    expect(merged.state(somaxconn)).toEqual({ value: '1' });
    expect(merged.conflicts).toMatchObject([
      { address: somaxconn, field: 'value', winner: { instance: 'a' }, losers: [{ instance: 'b' }] },
    ]);
    expect(
      merge([
        { instance: 'b', says: { [`${somaxconn} value`]: '1' } },
        { instance: 'a', says: { [`${somaxconn} value`]: '1' } },
      ]).conflicts,
    ).toEqual([]);
  });

  it('a persona overrides its ancestors without a conflict', () => {
    const merged = merge([
      { instance: 'a', depth: 1, says: { [`${somaxconn} value`]: '2' } },
      { instance: 'a', depth: 0, says: { [`${somaxconn} value`]: '1' } },
    ]);
    expect(merged.state(somaxconn)).toEqual({ value: '2' });
    expect(merged.conflicts).toEqual([]);
  });

  it('what a persona sets replaces what its ancestors bound', () => {
    const merged = merge([
      { instance: 'a', depth: 1, says: { [`${somaxconn} value`]: '2' } },
      { ...bound('a', { at_least: 100 }), depth: 0 },
    ]);
    expect(merged.state(somaxconn)).toEqual({ value: '2' });
    expect(merged.conflicts).toEqual([]);
  });

  it('a field that nobody claims keeps the baseline', () => {
    const before: State = { type: 'file', digest: 'sha256:1', target: null, mode: '0600', owner: 'web', group: 'web' };
    const merged = merge([{ instance: 'a', says: { 'file:/etc/x mode': '0640' } }], { 'file:/etc/x': before });
    expect(merged.state('file:/etc/x')).toEqual({ ...before, mode: '0640' });
    expect(merged.provenance('file:/etc/x', 'owner')).toMatchObject({ value: 'web', winner: 'baseline' });
  });
});

describe('bounds', () => {
  it.each<[string, readonly Saying[], string | null, string]>([
    ['raise what is below', [bound('a', { at_least: 4096 })], '128', '4096'],
    ['leave alone what is enough', [bound('a', { at_least: 64 })], '128', '128'],
    ['lower what is above', [bound('a', { at_most: 64 })], '128', '64'],
    ['hold together', [bound('a', { at_least: 200 }, { at_most: 300 })], '128', '200'],
    ['take the highest of the lowest', [bound('a', { at_least: 200 }), bound('b', { at_least: 300 })], '128', '300'],
    ['stand in for a value that is not there yet', [bound('a', { at_least: 200 })], null, '200'],
  ])('%s', (_title, sayings, baseline, expected) => {
    const merged = merge(sayings, { [somaxconn]: { value: baseline } });
    expect(merged.state(somaxconn)).toEqual({ value: expected });
    expect(merged.conflicts).toEqual([]);
  });

  it('that cannot both hold: the higher layer has its way, and it is a conflict', () => {
    const merged = merge(
      [
        { ...bound('a', { at_least: 100 }), priority: 10 },
        { ...bound('b', { at_most: 50 }), priority: 20 },
      ],
      { [somaxconn]: { value: '128' } },
    );
    expect(merged.state(somaxconn)).toEqual({ value: '50' });
    expect(merged.conflicts).toMatchObject([{ winner: { instance: 'b' }, losers: [{ instance: 'a' }] }]);
  });

  it('of a lower layer move what a higher one set, and it is a conflict', () => {
    const merged = merge([
      { ...bound('a', { at_least: 100 }), priority: 10 },
      { instance: 'b', priority: 20, says: { [`${somaxconn} value`]: '50' } },
    ]);
    expect(merged.state(somaxconn)).toEqual({ value: '100' });
    expect(merged.provenance(somaxconn, 'value')).toMatchObject({
      winner: { layer: { instance: 'a' } },
      losers: [{ layer: { instance: 'b' } }],
    });
    expect(merged.conflicts).toMatchObject([{ winner: { instance: 'a' }, losers: [{ instance: 'b' }] }]);
  });

  it('on what is unlimited: only an upper bound limits it', () => {
    const tasks = (...operands: Operand[]): Saying => ({
      instance: 'a',
      says: { 'limit:x.service tasks_max': { operands } },
    });
    expect(merge([tasks({ at_least: 10 })]).state('limit:x.service')['tasks_max']).toBeNull();
    expect(merge([tasks({ at_most: 10 })]).state('limit:x.service')['tasks_max']).toBe(10);
  });

  it('on what is no number are refused by place', () => {
    expect(() => merge([bound('a', { at_least: 1 })], { [somaxconn]: { value: '4096 131072 6291456' } })).toThrow(
      'Cannot apply at_least to "sysctl:net.core.somaxconn" value: its value must be a number, and it is "4096 131072 6291456" (a.yaml:1:1)',
    );
  });
});

describe('lists', () => {
  const groups = (instance: string, ...operands: Operand[]): Saying => ({
    instance,
    says: { 'user:deploy present': true, 'user:deploy groups': { operands } },
  });
  const baseline = { 'user:deploy': { ...absentState('user'), present: true, groups: ['adm'] } };

  it('are appended to by every layer, sorted and without repetition', () => {
    const merged = merge([groups('a', { append: ['www-data', 'adm'] }), groups('b', { append: ['docker'] })], baseline);
    expect(merged.state('user:deploy')['groups']).toEqual(['adm', 'docker', 'www-data']);
  });

  it('lose what a layer removes, the baseline included', () => {
    expect(merge([groups('a', { remove: ['adm'] })], baseline).state('user:deploy')['groups']).toEqual([]);
  });

  it('one appends what another of equal priority removes: a conflict', () => {
    const merged = merge([groups('a', { remove: ['docker'] }), groups('b', { append: ['docker'] })], baseline);
    expect(merged.state('user:deploy')['groups']).toEqual(['adm']);
    expect(merged.conflicts).toMatchObject([
      { field: 'groups', winner: { instance: 'a' }, losers: [{ instance: 'b' }] },
    ]);
  });

  it('denials stand before allowances, whoever they are from', () => {
    const rule = (port: string, verdict: string) => ({ protocol: 'tcp', port, from: null, verdict });
    const merged = merge([
      { instance: 'a', says: { 'firewall:inet allow': { operands: [{ append: [rule('80', 'accept')] }] } } },
      { instance: 'b', says: { 'firewall:inet deny': [rule('23', 'drop')], 'firewall:inet policy': 'drop' } },
    ]);
    expect(merged.state('firewall:inet')).toEqual({
      present: true,
      policy: 'drop',
      rules: [rule('23', 'drop'), rule('80', 'accept')],
    });
  });
});

describe('withdrawing', () => {
  it('gives the baseline back, and says who withdrew', () => {
    const merged = merge([
      { instance: 'a', priority: 10, says: { 'package:nginx version': '*' } },
      { instance: 'b', priority: 20, says: { 'package:nginx version': { operands: [{ unset: true }] } } },
    ]);
    expect(merged.state('package:nginx')).toEqual({ version: null });
    expect(merged.provenance('package:nginx', 'version')).toMatchObject({
      winner: 'baseline',
      combined: [{ layer: { instance: 'b' } }],
      losers: [{ layer: { instance: 'a' } }],
    });
  });
});

it('an address without claims is its baseline, untouched', () => {
  const before: State = { type: 'directory', digest: null, target: null, mode: '2775', owner: 'x', group: 'y' };
  expect(merge([], { 'file:/srv': before }).state('file:/srv')).toBe(before);
});

function bound(instance: string, ...operands: Operand[]): Saying {
  return { instance, says: { [`${somaxconn} value`]: { operands } } };
}

function merge(
  sayings: readonly Saying[],
  baselines: { readonly [address: string]: { readonly [field: string]: Json } } = {},
) {
  const { addresses, conflicts } = mergeClaims(
    sayings.flatMap(claimsOf),
    new Map(Object.entries(baselines) as [Address, State][]),
  );
  const at = (address: string) => addresses.get(address as Address)!;
  return {
    conflicts,
    state: (address: string) => at(address).state,
    provenance: (address: string, field: string) => at(address).fields[field]!,
  };
}
