import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addressOf, chooseHostNumber, chooseSubnet, outerAddress, subnetOf } from './network.ts';

const labId = fc.integer({ min: 0, max: 0xffffff }).map((number) => number.toString(16).padStart(6, '0'));
const byte = fc.integer({ min: 0, max: 255 });

describe('chooseSubnet', () => {
  it('gives one that is free whenever there is one', () => {
    fc.assert(
      fc.property(labId, fc.uniqueArray(byte, { maxLength: 255 }), (id, taken) => {
        const subnet = chooseSubnet(id, new Set(taken));
        expect(taken).not.toContain(subnet);
        expect(subnet).toBeGreaterThanOrEqual(0);
        expect(subnet).toBeLessThan(256);
      }),
    );
  });

  it('gives a lab the same one each time when nothing is in the way', () => {
    expect(chooseSubnet('6d1672', new Set())).toBe(chooseSubnet('6d1672', new Set()));
  });

  it('refuses when all are taken', () => {
    const all = new Set(Array.from({ length: 256 }, (_, subnet) => subnet));
    expect(() => chooseSubnet('000000', all)).toThrow('all of 10.81.0.0/16 is in use');
  });
});

describe('chooseHostNumber', () => {
  it('leaves the machine its own address and uses every other once', () => {
    const taken = new Set<number>();
    for (let count = 0; count < 244; count += 1) {
      const number = chooseHostNumber(taken);
      expect(taken.has(number)).toBe(false);
      expect(addressOf(7, number)).not.toBe(outerAddress(7));
      taken.add(number);
    }
    expect(() => chooseHostNumber(taken)).toThrow('a lab has at most 244');
  });
});

it('subnet, machine and host agree on the network', () => {
  expect([subnetOf(7), outerAddress(7), addressOf(7, 11)]).toEqual(['10.81.7.0/24', '10.81.7.1', '10.81.7.11']);
});
