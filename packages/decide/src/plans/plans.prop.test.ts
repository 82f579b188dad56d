import type { Address, Change, Plan, Stage, State } from '@guise/model';
import { digestOfBytes, digestOfJson } from '@guise/model';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { differingFields } from '../kinds/difference.ts';
import { consistentHost } from './consistent-host.ts';
import { invertPlan } from './invert-plan.ts';
import { makePlan } from './make-plan.ts';
import { SimulatedHost } from './simulated-host.ts';

type States = ReadonlyMap<Address, State>;

const content = ['a', 'b'].map((text) => digestOfBytes(new TextEncoder().encode(text)));

const choices = fc.record({
  packages: fc.record({ nginx: version(), postgresql: version() }),
  groups: fc.record({ web: fc.boolean(), db: fc.boolean() }),
  users: fc.record({ web: fc.option(fc.constantFrom('web', 'db')), db: fc.option(fc.constantFrom('web', 'db')) }),
  key: fc.boolean(),
  modules: fc.record({ fuse: fc.boolean(), br_netfilter: fc.boolean() }),
  sysctls: fc.record({ forward: bit(), redirects: bit(), bridge: bit() }),
  directories: fc.record({ srv: fc.boolean(), data: fc.boolean(), web: fc.boolean() }),
  fileOwner: fc.constantFrom('root', 'web', 'db'),
  files: fc.record({ data: fileContent(), web: fileContent(), link: fc.boolean() }),
  mounted: fc.boolean(),
  unit: fc.option(fc.constantFrom(...content)),
  dropIn: fc.option(fc.constantFrom(...content)),
  network: fc.record({
    address: fc.boolean(),
    route: fc.boolean(),
    hosts: fc.boolean(),
    policy: fc.option(fc.constantFrom('accept', 'drop')),
  }),
  services: fc.record({ nginx: serviceChoice(), postgresql: serviceChoice(), shop: serviceChoice() }),
  quota: fc.option(fc.integer({ min: 1, max: 400 })),
  timer: fc.option(fc.constantFrom(...content)),
  databases: fc.record({ role: fc.boolean(), shop: fc.boolean() }),
  command: fc.boolean(),
});

const arbitraryHost: fc.Arbitrary<States> = choices.map(consistentHost);

describe('a plan on a host', () => {
  it('is never refused, reaches its target, and leaves nothing to plan', () => {
    fc.assert(
      fc.property(arbitraryHost, arbitraryHost, (live, targets) => {
        const host = new SimulatedHost(live);
        host.run(planOf(live, targets).stages);
        expect(differencesOf(host.states, targets)).toEqual([]);
        expect(planOf(host.states, targets).stages).toEqual([]);
      }),
      { numRuns: 1_000 },
    );
  });

  it('can be undone from wherever it was cut, without being refused', () => {
    fc.assert(
      fc.property(arbitraryHost, arbitraryHost, fc.nat(60), (live, targets, cut) => {
        const plan = planOf(live, targets);
        const host = new SimulatedHost(live);
        for (const change of changesOf(plan.stages).slice(0, cut)) host.apply(change);
        host.run(invertPlan({ plan, live: host.states, servicesBegun: true }));
        expect(statesOf(host)).toEqual(sorted(live));
        expect(changesOf(invertPlan({ plan, live: host.states, servicesBegun: false }))).toEqual([]);
      }),
      { numRuns: 1_000 },
    );
  });

  it('can be undone although the undo was cut too', () => {
    fc.assert(
      fc.property(arbitraryHost, arbitraryHost, fc.nat(60), fc.nat(60), (live, targets, cut, cutAgain) => {
        const plan = planOf(live, targets);
        const host = new SimulatedHost(live);
        for (const change of changesOf(plan.stages).slice(0, cut)) host.apply(change);
        const undo = changesOf(invertPlan({ plan, live: host.states, servicesBegun: true }));
        for (const change of undo.slice(0, cutAgain)) host.apply(change);
        host.run(invertPlan({ plan, live: host.states, servicesBegun: true }));
        expect(statesOf(host)).toEqual(sorted(live));
      }),
      { numRuns: 1_000 },
    );
  });
});

describe('the plan as a value', () => {
  it('does not depend on the order of maps', () => {
    fc.assert(
      fc.property(arbitraryHost, arbitraryHost, (live, targets) => {
        const reversed = (states: States): States => new Map([...states].reverse());
        expect(planOf(reversed(live), reversed(targets))).toEqual(planOf(live, targets));
      }),
      { numRuns: 200 },
    );
  });

  it('has another hash for every other pre-image of what it changes', () => {
    fc.assert(
      fc.property(arbitraryHost, arbitraryHost, arbitraryHost, (live, other, targets) => {
        const [plan, otherPlan] = [planOf(live, targets), planOf(other, targets)];
        const isSame = JSON.stringify(plan.stages) === JSON.stringify(otherPlan.stages);
        expect(plan.hash === otherPlan.hash).toBe(isSame);
      }),
      { numRuns: 500 },
    );
  });

  it('has every address in one change, in stages of rising rank and one kind', () => {
    fc.assert(
      fc.property(arbitraryHost, arbitraryHost, (live, targets) => {
        const { stages } = planOf(live, targets);
        const addresses = changesOf(stages).map((change) => change.address);
        expect(new Set(addresses).size).toBe(addresses.length);
        expect(stages.map((stage) => stage.rank)).toEqual(stages.map((stage) => stage.rank).sort((a, b) => a - b));
        for (const stage of stages)
          expect(stage.changes.every(({ address }) => address.startsWith(`${stage.kind}:`))).toBe(true);
      }),
      { numRuns: 200 },
    );
  });
});

function planOf(live: States, targets: States): Plan {
  return makePlan({
    layersBefore: [],
    layersAfter: [],
    live,
    targets,
    known: new Map(),
    because: () => 'a test',
    conflicts: [],
    warnings: [],
    digest: digestOfJson,
  });
}

function changesOf(stages: readonly Stage[]): readonly Change[] {
  return stages.flatMap((stage) => stage.changes);
}

function differencesOf(live: States, targets: States): readonly Address[] {
  return [...targets]
    .filter(([address, target]) => differingFields(address, live.get(address)!, target).length > 0)
    .map(([address]) => address);
}

function sorted(states: States): States {
  return new Map([...states].sort(([a], [b]) => (a < b ? -1 : 1)));
}

function statesOf(host: SimulatedHost): States {
  return sorted(host.states);
}

function version(): fc.Arbitrary<string | null> {
  return fc.constantFrom(null, '1.0', '2.0');
}

function bit(): fc.Arbitrary<string> {
  return fc.constantFrom('0', '1');
}

function fileContent() {
  return fc.option(fc.constantFrom(...content));
}

function serviceChoice() {
  return fc.record({ running: fc.boolean(), enabled: fc.boolean() });
}
