/** What makes a sharing fair, as its definition says it; and the same shares as found by a slow and simple way. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type Claimant, shareOut } from './share-out.ts';

const amount = fc.oneof(
  fc.constantFrom(0, 0.5, 1, 2),
  fc.double({ min: 0.001, max: 100, noNaN: true }),
  fc.constant(Number.POSITIVE_INFINITY),
);
const finite = amount.map((value) => (Number.isFinite(value) ? value : 3));
const someClaimants: fc.Arbitrary<readonly Claimant[]> = fc
  .array(
    fc.record({
      weight: fc.oneof(fc.constantFrom(1, 25, 75), fc.double({ min: 0.01, max: 1000, noNaN: true })),
      minimum: finite,
      demand: amount,
      ceiling: amount,
    }),
    { maxLength: 12 },
  )
  .map((claimants) => claimants.map((claimant, index) => ({ ...claimant, name: `h${index}` })));
const someCapacity = fc.double({ min: 0.01, max: 400, noNaN: true });

const wanted = ({ demand, ceiling = Number.POSITIVE_INFINITY }: Claimant) => Math.min(demand, ceiling);
const guaranteed = (claimant: Claimant) => Math.min(claimant.minimum, wanted(claimant));
const sum = (values: Iterable<number>) => [...values].reduce((total, value) => total + value, 0);
const slack = (capacity: number) => 1e-9 * (1 + capacity);

/** With shares in the order of the claimants. */
function holds(check: (capacity: number, claimants: readonly Claimant[], shares: readonly number[]) => void): void {
  fc.assert(
    fc.property(someCapacity, someClaimants, (capacity, claimants) => {
      const { shares } = shareOut(capacity, claimants);
      check(
        capacity,
        claimants,
        claimants.map(({ name }) => shares.get(name)!),
      );
    }),
    { numRuns: 2000 },
  );
}

it('gives away no more than there is, and nothing is left while somebody wants more', () => {
  holds((capacity, claimants, shares) => {
    const given = sum(shares);
    expect(given).toBeLessThanOrEqual(capacity + slack(capacity));
    const wantsMore = claimants.some((claimant, index) => wanted(claimant) > shares[index]! + slack(capacity));
    expect(given).toBeGreaterThanOrEqual(wantsMore ? capacity - slack(capacity) : 0);
  });
});

it('gives nobody more than it wants or may have', () => {
  holds((_, claimants, shares) => {
    for (const [index, claimant] of claimants.entries()) {
      expect(shares[index]).toBeLessThanOrEqual(wanted(claimant));
      expect(shares[index]).toBeGreaterThanOrEqual(0);
    }
  });
});

it('gives everybody its minimum, or says who lacks how much of it', () => {
  holds((capacity, claimants, shares) => {
    const minima = sum(claimants.map(guaranteed));
    const { unmet } = shareOut(capacity, claimants);
    for (const [index, claimant] of claimants.entries()) {
      const lacks = unmet.get(claimant.name) ?? 0;
      expect(shares[index]! + lacks).toBeGreaterThanOrEqual(guaranteed(claimant) - slack(capacity));
    }
    expect(Math.abs(sum(unmet.values()) - Math.max(0, minima - capacity))).toBeLessThanOrEqual(slack(minima));
  });
});

it('is fair: what one lacks, no other has but by its minimum or by a smaller share for its weight', () => {
  holds((capacity, claimants, shares) => {
    if (sum(claimants.map(guaranteed)) > capacity) return;
    for (const [poor, claimant] of claimants.entries()) {
      if (wanted(claimant) <= shares[poor]! + slack(capacity)) continue;
      for (const [rich, other] of claimants.entries()) {
        if (shares[rich]! <= guaranteed(other) + slack(capacity)) continue;
        const [levelOfPoor, levelOfRich] = [shares[poor]! / claimant.weight, shares[rich]! / other.weight];
        expect(levelOfRich).toBeLessThanOrEqual(levelOfPoor * (1 + 1e-9) + slack(capacity) / other.weight);
      }
    }
  });
});

it('does not depend on the order, to the last bit', () => {
  fc.assert(
    fc.property(someCapacity, someClaimants, fc.infiniteStream(fc.nat()), (capacity, claimants, keys) => {
      const shuffled = claimants
        .map((claimant) => [keys.next().value, claimant] as const)
        .sort(([one], [other]) => one - other)
        .map(([, claimant]) => claimant);
      const { shares } = shareOut(capacity, claimants);
      const again = shareOut(capacity, shuffled).shares;
      for (const { name } of claimants) expect(again.get(name)).toBe(shares.get(name));
    }),
  );
});

it('does not depend on units: twice of everything is twice each share, and only ratios of weights count', () => {
  holds((capacity, claimants, shares) => {
    const doubled = claimants.map((claimant) => ({
      ...claimant,
      weight: claimant.weight * 3,
      minimum: claimant.minimum * 2,
      demand: claimant.demand * 2,
      ceiling: claimant.ceiling! * 2,
    }));
    const twice = shareOut(capacity * 2, doubled).shares;
    for (const [index, { name }] of claimants.entries()) {
      expect(Math.abs(twice.get(name)! - 2 * shares[index]!)).toBeLessThanOrEqual(slack(capacity));
    }
  });
});

it('is what bisection over the water level finds', () => {
  holds((capacity, claimants, shares) => {
    if (sum(claimants.map(guaranteed)) > capacity) return;
    const at = (level: number) =>
      claimants.map((claimant) =>
        Math.min(Math.max(level * claimant.weight, guaranteed(claimant)), wanted(claimant), capacity),
      );
    let [low, high] = [0, 1e6];
    for (let step = 0; step < 200; step += 1) {
      const middle = (low + high) / 2;
      if (sum(at(middle)) <= capacity) low = middle;
      else high = middle;
    }
    for (const [index, share] of at(low).entries()) expect(Math.abs(share - shares[index]!)).toBeLessThan(1e-6);
  });
});

it('takes an example from the book: two that want little leave the rest to those that want more', () => {
  const claimants = [2, 2.6, 4, 5].map((demand, index) => ({ name: `${index}`, weight: 1, minimum: 0, demand }));
  expect([...shareOut(10, claimants).shares.values()].map((share) => Number(share.toFixed(9)))).toEqual([
    2, 2.6, 2.7, 2.7,
  ]);
});

it('scales minima by weight that there is not enough for, and says what each lacks', () => {
  const busy = { demand: Number.POSITIVE_INFINITY };
  const { shares, unmet } = shareOut(2, [
    { name: 'a', weight: 75, minimum: 2, ...busy },
    { name: 'b', weight: 25, minimum: 1, ...busy },
    { name: 'c', weight: 25, minimum: 0, ...busy },
  ]);
  expect(Object.fromEntries(shares)).toEqual({ a: 1.5, b: 0.5, c: 0 });
  expect(Object.fromEntries(unmet)).toEqual({ a: 0.5, b: 0.5 });
});
