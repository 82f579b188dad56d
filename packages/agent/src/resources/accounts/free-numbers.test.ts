import { describe, expect, it } from 'vitest';
import { freeNumber } from './free-numbers.ts';

describe('a number for a new account', () => {
  it('follows from the name, in the range for ordinary and for system accounts', () => {
    const number = freeNumber('deploy', false, new Set());
    expect(freeNumber('deploy', false, new Set([freeNumber('shop', false, new Set())]))).toBe(number);
    expect(number).toBeGreaterThanOrEqual(20_000);
    expect(freeNumber('deploy', true, new Set())).toBeLessThan(1000);
  });

  it('is the next free one when it is taken, and is taken from then on', () => {
    const taken = new Set([freeNumber('deploy', false, new Set())]);
    const second = freeNumber('deploy', false, taken);
    expect(taken).toContain(second);
    expect(taken.size).toBe(2);
  });

  it('is refused when there is none', () => {
    const all = new Set(Array.from({ length: 900 }, (_, index) => 100 + index));
    expect(() => freeNumber('deploy', true, all)).toThrow('all of 100 to 999 are taken');
  });
});
