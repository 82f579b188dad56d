import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type Demand, estimateDemand, type UsageReading } from './estimate-demand.ts';

const mostCores = 8;

/** What happens to a host in half a second. */
interface Round {
  readonly used: number;
  readonly throttledShare: number;
  readonly allocation: number | null;
}

const someRound: fc.Arbitrary<Round> = fc.record({
  used: fc.double({ min: 0, max: mostCores, noNaN: true }),
  throttledShare: fc.oneof(fc.constant(0), fc.double({ min: 0, max: 2, noNaN: true })),
  allocation: fc.option(fc.double({ min: 0.01, max: mostCores, noNaN: true })),
});

/** The estimate after each round; before them is the first reading. */
function estimates(rounds: readonly Round[]): readonly Demand[] {
  let reading: UsageReading = { atMs: 0, cpuSeconds: 100, throttledSeconds: 10, allocation: null };
  let demand = estimateDemand(null, reading, mostCores);
  return rounds.map(({ used, throttledShare, allocation }) => {
    reading = {
      atMs: reading.atMs + 500,
      cpuSeconds: reading.cpuSeconds + used / 2,
      throttledSeconds: reading.throttledSeconds + throttledShare / 2,
      allocation,
    };
    demand = estimateDemand(demand, reading, mostCores);
    return demand;
  });
}

const even = (used: number, count: number): readonly Round[] =>
  Array.from({ length: count }, () => ({ used, throttledShare: 0, allocation: null }));

it('wants at least what it has while that keeps it back, and never less than what it just used', () => {
  fc.assert(
    fc.property(fc.array(someRound, { minLength: 1, maxLength: 20 }), (rounds) => {
      for (const [index, { cores, isHeldBack }] of estimates(rounds).entries()) {
        const { used, allocation } = rounds[index]!;
        expect(cores).toBeLessThanOrEqual(mostCores);
        const least = isHeldBack ? allocation! : used;
        expect(cores).toBeGreaterThanOrEqual(Math.min(least, mostCores) - 1e-9);
      }
    }),
  );
});

it('grows until it is kept back no more, whatever it began with', () => {
  fc.assert(
    fc.property(
      fc.double({ min: 0.01, max: 1, noNaN: true }),
      fc.double({ min: 1, max: 8, noNaN: true }),
      (from, to) => {
        let demand = estimateDemand(null, { atMs: 0, cpuSeconds: 0, throttledSeconds: 0, allocation: from }, mostCores);
        let rounds = 0;
        for (; demand.cores < to; rounds += 1) {
          const { atMs, cpuSeconds, throttledSeconds } = demand.reading;
          const allocation = demand.cores;
          const later = {
            atMs: atMs + 500,
            cpuSeconds: cpuSeconds + allocation / 2,
            throttledSeconds: throttledSeconds + 1,
          };
          demand = estimateDemand(demand, { ...later, allocation }, mostCores);
        }
        expect(rounds).toBeLessThanOrEqual(Math.ceil(Math.log(to / from) / Math.log(2)) + 1);
      },
    ),
  );
});

it('forgets a peak after four readings, and is then near what it uses', () => {
  fc.assert(
    fc.property(fc.array(someRound, { maxLength: 10 }), fc.double({ min: 0, max: 7, noNaN: true }), (rounds, used) => {
      const [last] = estimates([...rounds, ...even(used, 4)]).slice(-1);
      expect(last!.cores).toBeCloseTo(1.025 * used, 6);
    }),
  );
});

it('does not fall in a pause that is shorter', () => {
  const [before, ...pause] = estimates([...even(2, 4), ...even(0, 3)]).slice(3);
  for (const { cores } of pause) expect(cores).toBe(before!.cores);
});

it('begins anew after a restart, with what it may use', () => {
  const [before] = estimates(even(2, 4)).slice(-1);
  const restarted = { atMs: 9_000, cpuSeconds: 0.1, throttledSeconds: 0, allocation: 0.5 };
  expect(estimateDemand(before!, restarted, mostCores)).toMatchObject({ cores: 0.5, used: [] });
});
