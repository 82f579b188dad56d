import { expect, it } from 'vitest';
import { RateBuckets } from './rate-buckets.ts';

const rate = { perSecond: 10, atOnce: 100 };

function takenAt(buckets: RateBuckets, key: string, nowMs: number): number {
  for (let taken = 0; ; taken += 1) {
    if (buckets.waitMs(key, nowMs) > 0) return taken;
    buckets.take(key, 1, nowMs);
  }
}

it('gives a burst, then what a second gives, to each key apart', () => {
  const buckets = new RateBuckets(rate, 10);
  expect([takenAt(buckets, 'a', 0), takenAt(buckets, 'a', 1000), takenAt(buckets, 'b', 1000)]).toEqual([100, 10, 100]);
  expect(takenAt(buckets, 'a', 0)).toBe(0);
});

it('lets a dear thing in on its last unit, and tells how long that takes to pay', () => {
  const buckets = new RateBuckets(rate, 10);
  buckets.take('a', 99, 0);
  expect(buckets.waitMs('a', 0)).toBe(0);
  buckets.take('a', 31, 0);
  expect(buckets.waitMs('a', 0)).toBe(3100);
  expect(buckets.waitMs('a', 3100)).toBe(0);
});

it('remembers no more keys than it may', () => {
  const buckets = new RateBuckets(rate, 3);
  for (let key = 0; key < 1000; key += 1) buckets.take(String(key), 1000, 0);
  expect(buckets.size).toBe(3);
  expect([buckets.waitMs('0', 0), buckets.waitMs('999', 0) > 0]).toEqual([0, true]);
});
