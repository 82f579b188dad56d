import { intlZones } from '@guise/decide';
import { describe, expect, it } from 'vitest';
import { localZones } from './local-zones.ts';

const zones = [
  'UTC',
  'Europe/Paris',
  'America/New_York',
  'America/St_Johns',
  'Australia/Lord_Howe',
  'Asia/Kolkata',
  'Pacific/Apia',
];
const hourMs = 3_600_000;

describe("zones by this process's clock", () => {
  it.each(zones)('are where Intl has them, hour by hour over a year: %s', (zone) => {
    const fromMs = Date.parse('2026-01-01T00:00Z');
    const differing = Array.from({ length: 8760 }, (_, hour) => fromMs + hour * hourMs).filter(
      (atMs) => localZones.offsetMs(atMs, zone) !== intlZones.offsetMs(atMs, zone),
    );
    expect(differing).toEqual([]);
  });

  it('leave the process in its own zone, also when the question fails', () => {
    const own = () => [process.env['TZ'], new Date(0).getTimezoneOffset()];
    const before = own();
    expect(localZones.within('Asia/Kolkata', () => new Date(0).getTimezoneOffset())).toBe(-330);
    expect(own()).toEqual(before);
    const failing = () =>
      localZones.within('Asia/Kolkata', () => {
        throw new Error('no answer');
      });
    expect(failing).toThrow('no answer');
    expect(own()).toEqual(before);
  });
});
