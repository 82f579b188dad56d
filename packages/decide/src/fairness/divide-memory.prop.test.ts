import fc from 'fast-check';
import { expect, it } from 'vitest';
import { divideMemory, type MemoryHost } from './divide-memory.ts';

const memoryMb = 16_384;
const size = fc.integer({ min: 0, max: 8_192 });
const someHosts: fc.Arbitrary<readonly MemoryHost[]> = fc
  .array(
    fc.record({
      usedMb: size,
      claim: fc.option(
        fc.record({
          weight: fc.integer({ min: 1, max: 100 }),
          minimumMb: size,
          ceilingMb: fc.option(size),
          ownMb: fc.option(fc.integer({ min: 8_192, max: 20_000 })),
        }),
      ),
    }),
    { maxLength: 6 },
  )
  .map((hosts) => hosts.map((host, index) => ({ ...host, name: `h${index}` })));

it('never sets a limit below what is in use, nor above what a host had', () => {
  fc.assert(
    fc.property(fc.boolean(), someHosts, (wasContended, hosts) => {
      const { limits } = divideMemory(wasContended, memoryMb, hosts);
      for (const { name, usedMb, claim } of hosts) {
        const limit = limits.get(name);
        expect(limit === undefined).toBe(claim === null);
        if (limit === undefined || limit === null || claim === null) continue;
        expect(limit).toBeGreaterThanOrEqual(Math.min(usedMb + 64, claim.ownMb ?? usedMb + 64));
        expect(limit).toBeGreaterThanOrEqual(usedMb);
        expect(limit).toBeLessThanOrEqual(claim.ownMb ?? Number.POSITIVE_INFINITY);
      }
    }),
  );
});

it('divides what is left by weight once memory is nearly full, and gives it back when it is not', () => {
  const host = (name: string, usedMb: number, weight: number, ownMb: number | null): MemoryHost => ({
    name,
    usedMb,
    claim: { weight, minimumMb: 0, ceilingMb: null, ownMb },
  });
  const at = (usedMb: number, wasContended: boolean) =>
    divideMemory(wasContended, 10_000, [host('a', usedMb, 75, null), host('b', usedMb, 25, 8_000)]);
  expect(Object.fromEntries(at(4_000, false).limits)).toEqual({ a: null, b: 8_000 });
  expect(Object.fromEntries(at(4_600, false).limits)).toEqual({ a: 5_750, b: 5_750 });
  expect(Object.fromEntries(at(3_760, true).limits)).toEqual({ a: 5_300, b: 4_700 });
  expect(at(3_700, true)).toMatchObject({ isContended: false });
});
