import type { Address, State } from '@guise/model';
import { digestOfJson } from '@guise/model';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { absentState } from '../kinds/index.ts';
import type { Claim } from '../layers/claim.ts';
import { claimsOf } from '../layers/claims-of.ts';
import { mergeClaims } from '../layers/merge.ts';
import { makePlan } from './make-plan.ts';

/** Personas that overlap in every way of merging: sets, bounds, lists, kinds of file, absence. */
const personas: readonly (readonly Claim[])[] = [
  claimsOf({
    instance: 'web',
    priority: 60,
    says: {
      'sysctl:net.core.somaxconn value': { operands: [{ at_least: 4096 }] },
      'file:/etc/motd type': 'file',
      'file:/etc/motd digest': 'sha256:web',
      'user:deploy present': true,
      'user:deploy groups': { operands: [{ append: ['www-data'] }] },
      'package:nginx version': '1.0',
    },
  }),
  claimsOf({
    instance: 'hardened',
    priority: 50,
    says: {
      'sysctl:net.core.somaxconn value': '1024',
      'file:/etc/motd mode': '0600',
      'user:deploy present': true,
      'user:deploy shell': '/usr/sbin/nologin',
      'user:deploy groups': { operands: [{ remove: ['sudo'] }] },
      'package:telnet version': null,
    },
  }),
  claimsOf({
    instance: 'db',
    priority: 50,
    says: {
      'sysctl:net.core.somaxconn value': { operands: [{ at_most: 2048 }] },
      'file:/etc/motd type': 'symlink',
      'file:/etc/motd target': '/run/motd',
      'user:deploy present': false,
      'package:nginx version': { operands: [{ unset: true }] },
    },
  }),
];

const before: ReadonlyMap<Address, State> = new Map<Address, State>([
  ['sysctl:net.core.somaxconn', { value: '128' }],
  [
    'file:/etc/motd',
    { type: 'file', digest: 'sha256:debian', target: null, mode: '0644', owner: 'root', group: 'root' },
  ],
  [
    'user:deploy',
    {
      ...absentState('user'),
      present: true,
      uid: 1000,
      group: 'deploy',
      groups: ['sudo'],
      home: '/home/deploy',
      shell: '/bin/bash',
      comment: '',
      password: '!',
    },
  ],
  ['package:nginx', { version: null }],
  ['package:telnet', { version: '0.17' }],
]);

const someActiveSet = fc.subarray([0, 1, 2]);

describe('the state of a host', () => {
  it('is a function of the active personas and the baseline, whatever the way there', () => {
    fc.assert(
      fc.property(fc.array(someActiveSet, { maxLength: 8 }), someActiveSet, (detours, last) => {
        const travelled = [...detours, last].reduce(switchTo, { live: before, baselines: new Map() });
        const straight = switchTo({ live: before, baselines: new Map() }, last);
        expect(sorted(travelled.live)).toEqual(sorted(straight.live));
      }),
      { numRuns: 500 },
    );
  });

  it('is what it was before, once the last persona has left', () => {
    fc.assert(
      fc.property(fc.array(someActiveSet, { maxLength: 8 }), (detours) => {
        const travelled = [...detours, []].reduce(switchTo, { live: before, baselines: new Map() });
        expect(sorted(travelled.live)).toEqual(sorted(before));
        expect([...travelled.baselines]).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });
});

interface Host {
  readonly live: ReadonlyMap<Address, State>;
  /** As a journal keeps them: from the first touch until nobody asks for the address any more. */
  readonly baselines: ReadonlyMap<Address, State>;
}

function switchTo({ live, baselines }: Host, active: readonly number[]): Host {
  const claims = active.flatMap((index) => personas[index] ?? []);
  const touched = claims.map((claim): [Address, State] => [claim.address, live.get(claim.address)!]);
  const known = new Map([...touched, ...baselines]);
  const { addresses } = mergeClaims(claims, known);
  const plan = makePlan({
    layersBefore: [],
    layersAfter: [],
    live,
    targets: new Map([...addresses].map(([address, { state }]) => [address, state])),
    known: new Map(),
    because: () => 'a test',
    conflicts: [],
    warnings: [],
    digest: digestOfJson,
  });
  const changed = plan.stages.flatMap((stage) => stage.changes.map(({ address, after }) => [address, after] as const));
  const claimed = new Set(claims.map((claim) => claim.address));
  return {
    live: new Map([...live, ...changed]),
    baselines: new Map([...known].filter(([address]) => claimed.has(address))),
  };
}

function sorted(states: ReadonlyMap<Address, State>): ReadonlyMap<Address, State> {
  return new Map(
    [...states]
      .map(([address, { system: _carried, ...state }]) => [address, state] as const)
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );
}
