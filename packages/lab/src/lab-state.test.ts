import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { imageNames } from './images.ts';
import { type HostRecord, type LabState, parseLabState } from './lab-state.ts';

const byte = fc.integer({ min: 0, max: 255 });
const host: fc.Arbitrary<HostRecord> = fc.record(
  {
    name: fc.string({ minLength: 1 }),
    number: byte,
    image: fc.constantFrom(...imageNames),
    made: fc.boolean(),
    next: fc.constantFrom(...imageNames),
    snapshots: fc.dictionary(fc.stringMatching(/^[a-z]+$/), fc.constantFrom(...imageNames), { noNullPrototype: true }),
    cpuCores: fc.double({ min: 0.01, max: 64, noNaN: true }),
    memoryMb: fc.integer({ min: 16, max: 65_536 }),
    brokenBy: fc.constantFrom('kill', 'pause', 'network', 'disk-full'),
  },
  { requiredKeys: ['name', 'number', 'image', 'made'] },
);
const state: fc.Arbitrary<LabState> = fc.record({ subnet: byte, hosts: fc.array(host, { maxLength: 5 }) });

describe('parseLabState', () => {
  it('reads back what was written', () => {
    fc.assert(
      fc.property(state, (written) => {
        expect(parseLabState(JSON.stringify({ version: 1, ...written }))).toEqual(written);
      }),
    );
  });

  it('takes any other text for no state, and never fails on it', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        expect(parseLabState(text)).toBeUndefined();
      }),
    );
  });

  it.each([
    ['another version', { version: 2, subnet: 1, hosts: [] }],
    ['a subnet that is none', { version: 1, subnet: 256, hosts: [] }],
    ['a host without a number', { version: 1, subnet: 1, hosts: [{ name: 'h1', made: true }] }],
  ])('takes %s for no state', (_, value) => {
    expect(parseLabState(JSON.stringify(value))).toBeUndefined();
  });
});
