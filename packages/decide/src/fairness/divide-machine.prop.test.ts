/** Hosts that want now this and now that, on a simulated machine that is divided every half second. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Division, divideMachine, type HostClaim, type MachineKnown, nothingKnown } from './divide-machine.ts';
import { shareOut } from './share-out.ts';
import { SimulatedMachine } from './simulated-machine.ts';

const roundMs = 500;
const claim: HostClaim = { weight: 50, minimumCores: 0, ceilingCores: null, ownCores: null };

class Divided {
  readonly machine: SimulatedMachine;
  readonly claims: Map<string, HostClaim>;
  #known: MachineKnown = nothingKnown;

  constructor(cores: number, claims: Readonly<Record<string, Partial<HostClaim>>>) {
    this.machine = new SimulatedMachine(cores, Object.keys(claims));
    this.claims = new Map(Object.entries(claims).map(([name, each]) => [name, { ...claim, ...each }]));
    for (const host of this.machine.hosts) host.limit = this.claims.get(host.name)!.ownCores;
  }

  wants(wanted: Readonly<Record<string, number>>): void {
    for (const host of this.machine.hosts) host.wants = wanted[host.name] ?? host.wants;
  }

  round(): Division {
    this.machine.pass(roundMs);
    const hosts = this.machine.hosts.map((host) => ({
      name: host.name,
      reading: this.machine.readingOf(host),
      claim: this.claims.get(host.name)!,
    }));
    const division = divideMachine(this.#known, { cores: this.machine.cores, pressure: null, hosts });
    this.#known = division;
    for (const host of this.machine.hosts) {
      const limit = division.limits.get(host.name);
      if (limit !== undefined) host.limit = limit;
    }
    return division;
  }

  rounds(count: number): void {
    for (let index = 0; index < count; index += 1) this.round();
  }

  used(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.machine.hosts.map(({ name, used }) => [name, Math.round(used * 1000) / 1000]));
  }

  limits(): Readonly<Record<string, number | null>> {
    return Object.fromEntries(this.machine.hosts.map(({ name, limit }) => [name, limit]));
  }

  /** What each would have if everybody's wishes were known; a minimum is had by whoever uses a tenth of it. */
  ideal(): ReadonlyMap<string, number> {
    const claimants = this.machine.hosts.map(({ name, wants }) => {
      const { weight, minimumCores, ownCores } = this.claims.get(name)!;
      const minimum = Math.max(minimumCores, 0.05);
      const demand = wants >= minimum / 10 ? Math.max(wants, minimum) : wants;
      return { name, weight, minimum, demand, ceiling: ownCores ?? this.machine.cores };
    });
    return shareOut(this.machine.cores, claimants).shares;
  }
}

const someHosts = fc.array(
  fc.record({
    weight: fc.integer({ min: 5, max: 100 }),
    minimumCores: fc.constantFrom(0, 0.1, 0.25),
    ownCores: fc.constantFrom(null, 4, 1.5),
  }),
  { minLength: 2, maxLength: 6 },
);
const somePhase = fc.array(fc.constantFrom(0, 0.05, 0.3, 1, 2, 8), { minLength: 6, maxLength: 6 });
const byName = <Value>(values: readonly Value[]) =>
  Object.fromEntries(values.map((value, index) => [`h${index}`, value] as const));

describe('a divided machine', () => {
  it('settles in a few rounds near the exact answer, whatever its hosts wanted before', () => {
    fc.assert(
      fc.property(someHosts, fc.array(somePhase, { minLength: 1, maxLength: 4 }), (hosts, phases) => {
        const divided = new Divided(4, byName(hosts));
        for (const phase of phases) {
          divided.wants(byName(phase));
          divided.rounds(12);
          const ideal = divided.ideal();
          for (const { name, used, wants } of divided.machine.hosts) {
            const exact = Math.min(ideal.get(name)!, wants);
            // Of even loads 2.5 % are headroom, which those that want more lack.
            expect(Math.abs(used - exact)).toBeLessThanOrEqual(Math.max(0.05 * exact, 0.03 * divided.machine.cores));
          }
        }
      }),
      { numRuns: 500 },
    );
  });

  it('stays as it is while nobody changes', () => {
    fc.assert(
      fc.property(someHosts, somePhase, (hosts, phase) => {
        const divided = new Divided(4, byName(hosts));
        divided.wants(byName(phase));
        divided.rounds(10);
        const settled = divided.limits();
        for (let index = 0; index < 20; index += 1) {
          divided.round();
          for (const [name, limit] of Object.entries(divided.limits())) {
            expect(limit === null).toBe(settled[name] === null);
            expect(Math.abs((limit ?? 0) - (settled[name] ?? 0))).toBeLessThanOrEqual(0.02);
          }
        }
      }),
    );
  });

  it('gives limits of a sum that it has, minima of those that sleep aside', () => {
    fc.assert(
      fc.property(someHosts, fc.array(somePhase, { minLength: 1, maxLength: 4 }), (hosts, phases) => {
        const divided = new Divided(4, byName(hosts.map((host) => ({ ...host, minimumCores: 0 }))));
        for (const phase of phases) {
          divided.wants(byName(phase));
          for (let index = 0; index < 8; index += 1) {
            if (!divided.round().isContended) continue;
            const given = Object.values(divided.limits()).reduce<number>((sum, limit) => sum + limit!, 0);
            expect(given).toBeLessThanOrEqual(4 + 0.05 * hosts.length);
          }
        }
      }),
    );
  });

  it('follows a priority in one round', () => {
    const divided = new Divided(2, { a: { weight: 75 }, b: { weight: 25 } });
    divided.wants({ a: 2, b: 2 });
    divided.rounds(8);
    expect(divided.used()).toEqual({ a: 1.5, b: 0.5 });
    divided.claims.set('a', { ...claim, weight: 25 }).set('b', { ...claim, weight: 75 });
    divided.rounds(2);
    expect(divided.used()).toEqual({ a: 0.5, b: 1.5 });
  });

  it('lets a host have what is its own one round after it is first held back', () => {
    const divided = new Divided(2, { a: { weight: 75, minimumCores: 0.25 }, b: { weight: 25 } });
    divided.wants({ a: 0, b: 2 });
    divided.rounds(8);
    expect(divided.used()).toEqual({ a: 0, b: 2 });
    divided.wants({ a: 2 });
    divided.round();
    expect(divided.used()['a']).toBe(0.25);
    divided.round();
    expect(divided.used()).toEqual({ a: 1.5, b: 0.5 });
  });

  it('touches nobody while there is enough, and gives back what it took when there is enough again', () => {
    const divided = new Divided(2, { a: {}, b: { ownCores: 1 } });
    divided.wants({ a: 0.5, b: 0.4 });
    divided.rounds(8);
    expect(divided.limits()).toEqual({ a: null, b: 1 });
    divided.wants({ a: 2, b: 2 });
    divided.rounds(8);
    expect(divided.limits()).toEqual({ a: 1, b: 1 });
    divided.wants({ a: 0.5, b: 0.4 });
    divided.rounds(12);
    expect(divided.limits()).toEqual({ a: null, b: 1 });
  });

  it('says whose minimum cannot be kept', () => {
    const divided = new Divided(2, { a: { minimumCores: 1.5, weight: 75 }, b: { minimumCores: 1.5, weight: 25 } });
    divided.wants({ a: 2, b: 2 });
    divided.rounds(7);
    const { sharing } = divided.round();
    expect(Object.fromEntries(sharing!.shares)).toEqual({ a: 1.5, b: 0.5 });
    expect([...sharing!.unmet.keys()]).toEqual(['b']);
  });

  it('leaves alone what is not its own, and divides the rest', () => {
    const machine = new SimulatedMachine(2, ['ours', 'also', 'foreign']);
    const claims: Readonly<Record<string, HostClaim | null>> = { ours: claim, also: claim, foreign: null };
    let division: Division = { ...nothingKnown, limits: new Map(), sharing: null };
    machine.hosts.forEach((host) => {
      host.wants = host.name === 'foreign' ? 0.5 : 2;
    });
    for (let index = 0; index < 8; index += 1) {
      machine.pass(roundMs);
      const hosts = machine.hosts.map((host) => ({
        name: host.name,
        reading: machine.readingOf(host),
        claim: claims[host.name]!,
      }));
      division = divideMachine(division, { cores: 2, pressure: null, hosts });
      for (const host of machine.hosts) host.limit = division.limits.get(host.name) ?? null;
    }
    expect(Object.fromEntries(division.limits)).toEqual({ ours: 0.75, also: 0.75 });
  });

  it('begins earlier under pressure, and not at all before it has seen what is used', () => {
    const reading = (atMs: number, used: number) => ({
      atMs,
      cpuSeconds: (used * atMs) / 1000,
      throttledSeconds: 0,
      allocation: null,
    });
    const at = (atMs: number, pressure: number | null) => ({
      cores: 2,
      pressure,
      hosts: ['a', 'b'].map((name) => ({ name, claim, reading: reading(atMs, 0.75) })),
    });
    const first = divideMachine(nothingKnown, at(500, 0.5));
    expect([first.isContended, first.limits.size]).toEqual([false, 0]);
    expect(divideMachine(first, at(1000, null)).isContended).toBe(false);
    expect(divideMachine(first, at(1000, 0.5)).isContended).toBe(true);
  });
});
