import { describe, expect, it } from 'vitest';
import { cronRule, cronSchedule, type Schedule, windowSchedule } from './schedule.ts';
import { instantOf, localDay } from './zoned-time.ts';
import { intlZones } from './zones.ts';

const hourMs = 3_600_000;
const daily = (from: number, to: number, weekdays = [0, 1, 2, 3, 4, 5, 6]) =>
  ({ type: 'daily', from, to, weekdays: new Set(weekdays) }) as const;

/** The windows between two instants, found by looking every five minutes: "2026-03-28T07:00Z +10h". */
function windowsOf(schedule: Schedule, from: string, to: string): readonly string[] {
  const [found, stepMs]: [string[], number] = [[], 5 * 60_000];
  let begun: number | null = null;
  for (let atMs = Date.parse(from); atMs <= Date.parse(to); atMs += stepMs) {
    const { active } = schedule.levelAt(atMs);
    if (active && begun === null) begun = atMs;
    if (!active && begun !== null) {
      found.push(`${new Date(begun).toISOString().slice(0, 16)}Z +${(atMs - begun) / hourMs}h`);
      begun = null;
    }
  }
  return found;
}

describe('a cron window', () => {
  it('begins at the wall-clock hour and lasts for elapsed time, also over a change', () => {
    const schedule = cronSchedule('0 22 * * *', 8 * hourMs, 'Europe/Paris');
    expect(windowsOf(schedule, '2026-03-27T12:00Z', '2026-03-30T12:00Z')).toEqual([
      '2026-03-27T21:00Z +8h',
      '2026-03-28T21:00Z +8h',
      '2026-03-29T20:00Z +8h',
    ]);
  });

  it.each([
    // Clocks go from 02:00 to 03:00 at 01:00Z.
    [
      'Europe/Paris',
      '30 2 * * *',
      '2026-03-28T12:00Z',
      '2026-03-30T12:00Z',
      ['2026-03-29T01:00Z +1h', '2026-03-30T00:30Z +1h'],
    ],
    // 02:30 occurs twice, at 00:30Z and 01:30Z.
    [
      'Europe/Paris',
      '30 2 * * *',
      '2026-10-24T12:00Z',
      '2026-10-26T12:00Z',
      ['2026-10-25T00:30Z +1h', '2026-10-26T01:30Z +1h'],
    ],
    [
      'America/New_York',
      '30 2 * * *',
      '2026-03-07T12:00Z',
      '2026-03-09T12:00Z',
      ['2026-03-08T07:00Z +1h', '2026-03-09T06:30Z +1h'],
    ],
    [
      'America/New_York',
      '30 1 * * *',
      '2026-10-31T12:00Z',
      '2026-11-02T12:00Z',
      ['2026-11-01T05:30Z +1h', '2026-11-02T06:30Z +1h'],
    ],
    // Half an hour: from 02:00 to 02:30 at 15:30Z, and back from 02:00 to 01:30 at 15:00Z.
    [
      'Australia/Lord_Howe',
      '15 2 * * *',
      '2026-10-02T18:00Z',
      '2026-10-04T18:00Z',
      ['2026-10-03T15:30Z +1h', '2026-10-04T15:15Z +1h'],
    ],
    [
      'Australia/Lord_Howe',
      '45 1 * * *',
      '2026-04-03T18:00Z',
      '2026-04-05T18:00Z',
      ['2026-04-04T14:45Z +1h', '2026-04-05T15:15Z +1h'],
    ],
  ])('in %s at %s is neither skipped nor doubled from %s on', (zone, cron, from, to, windows) => {
    expect(windowsOf(cronSchedule(cron, hourMs, zone), from, to)).toEqual(windows);
  });

  it('is one with those it overlaps', () => {
    const schedule = cronSchedule('0 8,10 * * *', 3 * hourMs, 'UTC');
    expect(windowsOf(schedule, '2026-01-01T00:00Z', '2026-01-02T00:00Z')).toEqual(['2026-01-01T08:00Z +5h']);
  });

  it('may be longer than the time to the next', () => {
    const schedule = cronSchedule('0 * * * *', 48 * hourMs, 'UTC');
    expect(schedule.levelAt(Date.parse('2026-01-01T00:30Z')).active).toBe(true);
  });

  it('is a level to whoever asks late', () => {
    const schedule = cronSchedule('0 8 * * 1-5', 10 * hourMs, 'Europe/Paris');
    const late = Date.parse('2026-11-25T07:01:00Z');
    expect(schedule.levelAt(late)).toEqual({ active: true, untilMs: Date.parse('2026-11-25T17:00:00Z') });
    expect(schedule.levelAt(Date.parse('2026-11-28T12:00Z')).untilMs).toBe(Date.parse('2026-11-30T07:00Z'));
  });
});

describe('wall-clock windows', () => {
  it('end when the clock shows it, whatever happened in the night', () => {
    const schedule = windowSchedule([daily(22 * 60, 6 * 60)], 'Europe/Paris');
    expect(windowsOf(schedule, '2026-03-27T12:00Z', '2026-03-30T12:00Z')).toEqual([
      '2026-03-27T21:00Z +8h',
      '2026-03-28T21:00Z +7h',
      '2026-03-29T20:00Z +8h',
    ]);
    expect(windowsOf(schedule, '2026-10-24T12:00Z', '2026-10-25T12:00Z')).toEqual(['2026-10-24T20:00Z +9h']);
  });

  it('are not skipped when all of their time is', () => {
    const schedule = windowSchedule([daily(2 * 60 + 10, 2 * 60 + 50)], 'Europe/Paris');
    const windows = windowsOf(schedule, '2026-03-28T12:00Z', '2026-03-30T12:00Z');
    expect(windows.map((window) => window.slice(0, 17))).toEqual(['2026-03-29T01:10Z', '2026-03-30T00:10Z']);
  });

  it('are not doubled when all of their time occurs twice', () => {
    const schedule = windowSchedule([daily(2 * 60 + 10, 2 * 60 + 50)], 'Europe/Paris');
    const windows = windowsOf(schedule, '2026-10-24T12:00Z', '2026-10-26T12:00Z');
    expect(windows.map((window) => window.slice(0, 17))).toEqual(['2026-10-25T00:10Z', '2026-10-26T01:10Z']);
  });

  it('belong to the day on which they begin', () => {
    const fridays = windowSchedule([daily(22 * 60, 6 * 60, [5])], 'UTC');
    expect(windowsOf(fridays, '2026-11-23T00:00Z', '2026-12-07T00:00Z')).toEqual([
      '2026-11-27T22:00Z +8h',
      '2026-12-04T22:00Z +8h',
    ]);
  });

  it('cover a whole day from 00:00 to 24:00', () => {
    const sundays = windowSchedule([daily(0, 24 * 60, [0])], 'Europe/Paris');
    expect(windowsOf(sundays, '2026-10-24T12:00Z', '2026-10-27T12:00Z')).toEqual(['2026-10-24T22:00Z +25h']);
  });

  it('may be between dates', () => {
    const day = Date.parse('2026-12-24') / (24 * hourMs);
    const schedule = windowSchedule([{ type: 'dates', from: [day, 18 * 60], to: [day + 2, 0] }], 'Europe/Paris');
    expect(windowsOf(schedule, '2026-12-20T00:00Z', '2026-12-30T00:00Z')).toEqual(['2026-12-24T17:00Z +30h']);
    expect(schedule.levelAt(Date.parse('2027-01-01')).untilMs).toBe(Number.POSITIVE_INFINITY);
  });

  it('answer in the hour that occurs twice around a midnight', () => {
    // At 00:01 clocks went back to 23:01.
    const schedule = windowSchedule([daily(30, 60)], 'America/St_Johns');
    for (let atMs = Date.parse('2010-11-07T00:00Z'); atMs < Date.parse('2010-11-07T06:00Z'); atMs += 60_000) {
      expect(schedule.levelAt(atMs).untilMs).toBeGreaterThan(atMs);
    }
  });
});

describe('cron patterns', () => {
  it.each(['0 8 * * 1-5', '@daily', '*/5 * * * *', '0 0 29 2 *', '30 0 8 * * MON', '0 0 L * *'])(
    '%s is fine',
    (pattern) => {
      expect(cronRule(pattern)).toBeNull();
    },
  );

  it.each([
    '0 0 30 2 *',
    '0 0 31 4,6 *',
    '61 * * * *',
    '* * *',
    '* * * * * * *',
    '2026-01-01T00:00:00',
    '@reboot',
    '',
    '0 8 * * 1-5-6',
  ])('"%s" is refused', (pattern) => {
    expect(cronRule(pattern)).toMatch(/^must /);
  });
});

describe('zones', () => {
  it('are those of IANA, not offsets', () => {
    expect(['Europe/Paris', 'UTC', 'Etc/GMT+5', 'Australia/Lord_Howe'].map(intlZones.isZone)).toEqual([
      true,
      true,
      true,
      true,
    ]);
    expect(['Europe/Pariss', '+02:00', '', 'Mars/Olympus', '../etc'].map(intlZones.isZone)).toEqual([
      false,
      false,
      false,
      false,
      false,
    ]);
  });

  it('give every local time one instant', () => {
    const day = Date.parse('2026-03-29') / (24 * hourMs);
    expect(instantOf(day, 150, 'Europe/Paris')).toBe(Date.parse('2026-03-29T01:30Z'));
    expect(localDay(Date.parse('2026-03-28T23:30Z'), 'Europe/Paris')).toBe(day);
  });
});
