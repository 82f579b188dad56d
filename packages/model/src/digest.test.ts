import { describe, expect, it } from 'vitest';
import { canonicalJson } from './canonical.ts';
import { digestOfBytes, digestOfJson } from './digest.ts';
import { durationMs } from './duration.ts';
import { GuiseError } from './errors.ts';

describe('digests', () => {
  it('are SHA-256 (FIPS 180-4, example of one block)', () => {
    expect(digestOfBytes(new TextEncoder().encode('abc'))).toBe(
      'sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
    );
  });

  it('do not depend on the order of keys', () => {
    expect(digestOfJson({ b: [1, { d: null, c: 'é' }], a: true })).toBe(
      digestOfJson({ a: true, b: [1, { c: 'é', d: null }] }),
    );
    expect(digestOfJson({ a: 1 })).not.toBe(digestOfJson({ a: '1' }));
  });
});

describe('canonicalJson', () => {
  it('sorts by UTF-16 units and writes numbers as RFC 8785 does', () => {
    expect(canonicalJson({ '\u20ac': 1, '\r': 2, '1': 3, '\u{1f600}': 4, n: [1e30, 4.5, 2e-3, -0] })).toBe(
      '{"\\r":2,"1":3,"n":[1e+30,4.5,0.002,0],"\u20ac":1,"\u{1f600}":4}',
    );
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY, '\ud800'])('refuses %j', (value) => {
    expect(() => canonicalJson({ value })).toThrow(GuiseError);
  });
});

describe('durationMs', () => {
  it.each([
    ['250ms', 250],
    ['30s', 30_000],
    ['2m', 120_000],
    ['10h', 36_000_000],
    ['1d', 86_400_000],
    ['0s', 0],
  ])('%s', (text, expected) => {
    expect(durationMs(text)).toBe(expected);
  });

  it.each(['', '30', 's', '1.5s', '-1s', '30 s', '1w', '9999999999s'])('refuses %j', (text) => {
    expect(() => durationMs(text)).toThrow(GuiseError);
  });
});
