import fc from 'fast-check';
import { expect, it } from 'vitest';
import { tooDeepAt } from './json-depth.ts';

it('finds the first bracket that is one too many, and none in texts', () => {
  expect(tooDeepAt('[{"a": [1]}]', 3)).toBeNull();
  expect(tooDeepAt('[{"a": [1]}]', 2)).toBe(7);
  expect(tooDeepAt('["[[[[\\"[[[", "\\\\", [1]]', 2)).toBeNull();
  expect(tooDeepAt('['.repeat(1_000_000))).toBe(64);
  expect(tooDeepAt(`["${'\\'.repeat(100_001)}"`, 1)).toBeNull();
});

it('agrees with the depth of any JSON value', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 6 }), fc.nat(6), (value, depthMax) => {
      expect(tooDeepAt(JSON.stringify(value), depthMax) === null).toBe(depthOf(value) <= depthMax);
    }),
  );
});

function depthOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  return 1 + Math.max(0, ...Object.values(value).map(depthOf));
}
