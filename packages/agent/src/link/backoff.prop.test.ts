import { limits } from '@guise/model';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { backoffMs, jitteredMs } from './backoff.ts';

const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

it('stays between its bounds, whatever the attempt', () => {
  fc.assert(
    fc.property(fc.nat({ max: 1_000_000 }), random, (attempt, chance) => {
      const ms = backoffMs(attempt, () => chance);
      expect(ms).toBeGreaterThanOrEqual(limits.reconnectMinMs / 2);
      expect(ms).toBeLessThanOrEqual(limits.reconnectMaxMs);
    }),
  );
});

it('grows with the attempts', () => {
  const longest = [0, 1, 2, 3, 20].map((attempt) => backoffMs(attempt, () => 1));
  expect(longest).toEqual([...longest].sort((one, other) => one - other));
  expect(longest.at(-1)).toBe(limits.reconnectMaxMs);
});

it('spreads a period by a fifth to either side', () => {
  fc.assert(
    fc.property(random, (chance) => {
      const ms = jitteredMs(10_000, () => chance);
      expect(ms >= 8_000 && ms <= 12_000).toBe(true);
    }),
  );
});
