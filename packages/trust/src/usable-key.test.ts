import { ed25519 } from '@noble/curves/ed25519.js';
import { describe, expect, it } from 'vitest';
import { newSigningKey } from './signing.ts';
import { usableKeyCheck } from './usable-key.ts';

const isUsableKey = await usableKeyCheck();

describe('a key that others than its owner could sign with', () => {
  it('is no key of small order, however it is spelled', () => {
    const spellings = smallOrderSpellings();
    expect(spellings.length).toBeGreaterThanOrEqual(10);
    for (const bytes of spellings) {
      const key = Buffer.from(bytes).toString('base64');
      expect(isUsableKey(key)).toBe(false);
    }
  });

  it('is no point outside the group that keys are made in, and no other bytes', () => {
    const { Point } = ed25519;
    const mixed = Point.BASE.add(torsion()[1] ?? Point.ZERO);
    expect(isUsableKey(Buffer.from(mixed.toBytes()).toString('base64'))).toBe(false);
    expect(isUsableKey(Buffer.from(Point.BASE.toBytes()).toString('base64'))).toBe(true);
    // There is no point with y = 2.
    expect(isUsableKey(Buffer.from([2, ...Array<number>(31).fill(0)]).toString('base64'))).toBe(false);
    for (const odd of ['', 'AAAA', '!', Buffer.alloc(33, 1).toString('base64')]) expect(isUsableKey(odd)).toBe(false);
    for (let index = 0; index < 8; index += 1) expect(isUsableKey(newSigningKey().publicKey)).toBe(true);
  });
});

/** All points whose order divides 8: multiples of one of order 8. */
function torsion() {
  const generator = ed25519.Point.fromHex('c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a');
  return Array.from({ length: 8 }, (_, index) =>
    index === 0 ? ed25519.Point.ZERO : generator.multiply(BigInt(index)),
  );
}

/** The eight points; with the sign bit of x = 0 set; and with p added to y where that fits into 255 bits. */
function smallOrderSpellings(): readonly Uint8Array[] {
  const prime = 2n ** 255n - 19n;
  const spellings = torsion().flatMap((point) => {
    const { x, y } = point.toAffine();
    const signs = x === 0n ? [0n, 1n] : [x & 1n];
    const ys = y + prime < 2n ** 255n ? [y, y + prime] : [y];
    return ys.flatMap((value) => signs.map((sign) => littleEndian(value + (sign << 255n))));
  });
  return [...new Map(spellings.map((bytes) => [Buffer.from(bytes).toString('hex'), bytes])).values()];
}

function littleEndian(value: bigint): Uint8Array {
  return Uint8Array.from({ length: 32 }, (_, index) => Number((value >> BigInt(8 * index)) & 255n));
}
