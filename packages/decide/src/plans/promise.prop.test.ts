import type { Address, Change, Stage, State } from '@guise/model';
import { digestOfJson } from '@guise/model';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { absentState } from '../kinds/index.ts';
import type { Claim } from '../layers/claim.ts';
import { claimsOf } from '../layers/claims-of.ts';
import { mergeClaims } from '../layers/merge.ts';
import { invertPlan } from './invert-plan.ts';
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

/** What random personas may say, several things of each address, in every way of merging. */
const sayings: readonly (readonly [field: string, said: fc.Arbitrary<Said>])[] = [
  [
    'sysctl:net.core.somaxconn value',
    fc.oneof(
      fc.integer({ min: 1, max: 9 }).map((value): Said => String(value * 100)),
      fc.integer({ min: 1, max: 9 }).map((value): Said => ({ operands: [{ at_least: value * 100 }] })),
      fc.integer({ min: 1, max: 9 }).map((value): Said => ({ operands: [{ at_most: value * 100 }] })),
    ),
  ],
  ['file:/etc/motd mode', fc.constantFrom<Said>('0600', '0640', '0644')],
  ['file:/etc/motd digest', fc.constantFrom<Said>('sha256:a', 'sha256:b')],
  ['user:deploy shell', fc.constantFrom<Said>('/bin/sh', '/usr/sbin/nologin')],
  [
    'user:deploy groups',
    fc
      .subarray(['adm', 'sudo', 'www-data'], { minLength: 1 })
      .chain((groups) =>
        fc.constantFrom<Said>({ operands: [{ append: groups }] }, { operands: [{ remove: groups }] }, groups),
      ),
  ],
  ['package:nginx version', fc.constantFrom<Said>('1.0', '2.0', null, { operands: [{ unset: true }] })],
  ['package:telnet version', fc.constantFrom<Said>('0.17', null)],
];

type Said = Parameters<typeof claimsOf>[0]['says'][string];

const someSaid = fc
  .tuple(...sayings.map(([field, said]) => fc.option(said).map((value) => [field, value] as const)))
  .map((entries) => Object.fromEntries(entries.flatMap(([field, said]) => (said === null ? [] : [[field, said]]))));

const somePersonas = fc
  .array(fc.record({ priority: fc.constantFrom(50, 60), says: someSaid }), { minLength: 1, maxLength: 6 })
  .map((all) => all.map((each, index) => claimsOf({ instance: `p${index}`, ...each })));

/** One persona comes or goes; where `cutAfter` is given the switch fails after so many changes and is undone. */
const someStep = fc.record({ persona: fc.nat(5), cutAfter: fc.option(fc.nat(4), { freq: 3 }) });

describe('the state of a host', () => {
  it('is a function of the active personas and the baseline, whatever the way there', () => {
    fc.assert(
      fc.property(fc.array(someActiveSet, { maxLength: 8 }), someActiveSet, (detours, last) => {
        const travelled = [...detours, last].reduce<Host>((host, active) => switchTo(host, active), {
          live: before,
          baselines: new Map(),
        });
        const straight = switchTo({ live: before, baselines: new Map() }, last);
        expect(sorted(travelled.live)).toEqual(sorted(straight.live));
      }),
      { numRuns: 500 },
    );
  });

  it('is what it was before, once the last persona has left', () => {
    fc.assert(
      fc.property(fc.array(someActiveSet, { maxLength: 8 }), (detours) => {
        const travelled = [...detours, []].reduce<Host>((host, active) => switchTo(host, active), {
          live: before,
          baselines: new Map(),
        });
        expect(sorted(travelled.live)).toEqual(sorted(before));
        expect([...travelled.baselines]).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });
});

describe('the state of a host under random personas', () => {
  it('is that of the remaining set alone, whatever came and went in whatever order, and whatever failed on the way', () => {
    fc.assert(
      fc.property(somePersonas, fc.array(someStep, { maxLength: 12 }), (all, steps) => {
        let host: Host = { live: before, baselines: new Map() };
        const active = new Set<number>();
        for (const { persona, cutAfter } of steps) {
          const wanted = new Set(active);
          if (!wanted.delete(persona % all.length)) wanted.add(persona % all.length);
          if (cutAfter === null) {
            host = switchTo(host, [...wanted], all);
            active.clear();
            for (const index of wanted) active.add(index);
          } else host = { ...host, live: failedSwitch(host, [...wanted], all, cutAfter) };
        }
        const alone = switchTo({ live: before, baselines: new Map() }, [...active].sort(), all);
        expect(sorted(host.live)).toEqual(sorted(alone.live));
        expect(sorted(switchTo(host, [], all).live)).toEqual(sorted(before));
      }),
      { numRuns: 1_000 },
    );
  });
});

interface Host {
  readonly live: ReadonlyMap<Address, State>;
  /** As a journal keeps them: from the first touch until nobody asks for the address any more. */
  readonly baselines: ReadonlyMap<Address, State>;
}

type Personas = readonly (readonly Claim[])[];

function switchTo(host: Host, active: readonly number[], all: Personas = personas): Host {
  const { plan, known, claims } = plannedSwitch(host, active, all);
  const claimed = new Set(claims.map((claim) => claim.address));
  return {
    live: after(host.live, changesOf(plan.stages)),
    baselines: new Map([...known].filter(([address]) => claimed.has(address))),
  };
}

/** What is live after a switch that was undone from where it failed. */
function failedSwitch(host: Host, active: readonly number[], all: Personas, cutAfter: number): Host['live'] {
  const { plan } = plannedSwitch(host, active, all);
  const torn = after(host.live, changesOf(plan.stages).slice(0, cutAfter));
  return after(torn, changesOf(invertPlan({ plan, live: torn, servicesBegun: true })));
}

function plannedSwitch({ live, baselines }: Host, active: readonly number[], all: Personas) {
  const claims = active.flatMap((index) => all[index] ?? []);
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
  return { plan, known, claims };
}

function changesOf(stages: readonly Stage[]): readonly Change[] {
  return stages.flatMap((stage) => stage.changes);
}

function after(live: Host['live'], changes: readonly Change[]): Host['live'] {
  return new Map([...live, ...changes.map(({ address, after: state }) => [address, state] as const)]);
}

function sorted(states: ReadonlyMap<Address, State>): ReadonlyMap<Address, State> {
  return new Map(
    [...states]
      .map(([address, { system: _carried, ...state }]) => [address, state] as const)
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );
}
