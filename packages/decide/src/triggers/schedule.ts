/**
 * Windows of time as levels: whether an instant is inside one, and until when that stays so.
 *
 * Nothing here remembers an edge, so whoever asks late gets the same answer as whoever asked in time. A window that begins with a cron
 * pattern lasts for elapsed time; one between wall-clock times lasts until the clock shows its end. Overlapping windows are one.
 * Daylight saving neither skips nor doubles a window: one whose start is skipped begins right after the gap, one whose start
 * occurs twice begins at the first.
 * Source: crontab(5); the DST rules of croner's README; docs/adr/0012-triggers-are-levels.md.
 */
import { Cron } from 'croner';
import { instantOf, localDay, weekdayOf } from './zoned-time.ts';
import { intlZones, type Zones } from './zones.ts';

export interface Level {
  readonly active: boolean;
  /** The answer holds before this instant; then ask again. Infinity: for ever. */
  readonly untilMs: number;
}

export interface Schedule {
  levelAt(atMs: number): Level;
}

/** Wall-clock times are minutes since midnight; `dates` have days since 1970-01-01. */
export type Window =
  | { readonly type: 'daily'; readonly from: number; readonly to: number; readonly weekdays: ReadonlySet<number> }
  | {
      readonly type: 'dates';
      readonly from: readonly [day: number, minute: number];
      readonly to: readonly [day: number, minute: number];
    };

/** Reference for whether a pattern ever matches: a leap year follows within eight years of any instant. */
const anyInstantMs = 0;

/**
 * `pattern`: one that breaks no rule. It is parsed anew each time it is asked, which is once a window: parsed, it holds a place for each
 * of 10,000 years, 80 KB.
 */
export function cronSchedule(pattern: string, durationMs: number, zone: string, zones: Zones = intlZones): Schedule {
  return {
    levelAt(atMs) {
      // A window that holds now began after the instant one duration ago. The first such start need not be the last: ask again then.
      const startMs = nextStartMs(pattern, atMs - durationMs, zone, zones);
      return startMs <= atMs ? { active: true, untilMs: startMs + durationMs } : { active: false, untilMs: startMs };
    },
  };
}

/** The rule that a pattern breaks, or null. */
export function cronRule(pattern: string, zones: Zones = intlZones): string | null {
  try {
    return Number.isFinite(nextStartMs(pattern, anyInstantMs, 'UTC', zones))
      ? null
      : 'must match some instant, and no date is like that';
  } catch (error) {
    const reason = (error as Error).message.replace(/^CronPattern: /, '');
    return `must be a cron pattern of five fields, such as "0 8 * * 1-5" (${reason})`;
  }
}

export function windowSchedule(windows: readonly Window[], zone: string, zones: Zones = intlZones): Schedule {
  return {
    levelAt(atMs) {
      const today = localDay(atMs, zone, zones);
      let untilMs = Number.POSITIVE_INFINITY;
      let active = false;
      for (const [startMs, endMs] of windows.flatMap((window) => spansNear(window, today, zone, zones))) {
        if (startMs <= atMs && atMs < endMs) active = true;
        if (startMs > atMs) untilMs = Math.min(untilMs, startMs);
        if (endMs > atMs) untilMs = Math.min(untilMs, endMs);
      }
      const isRecurring = windows.some(({ type }) => type === 'daily');
      return { active, untilMs: isRecurring ? Math.min(untilMs, nextLookMs(atMs, today, zone, zones)) : untilMs };
    },
  };
}

/** Tomorrow's windows are looked for tomorrow. In the hour that occurs twice around a midnight, that midnight may be over already. */
function nextLookMs(atMs: number, today: number, zone: string, zones: Zones): number {
  const midnightMs = instantOf(today + 1, 0, zone, zones);
  return midnightMs > atMs ? midnightMs : atMs + 3_600_000;
}

/** The first start after an instant; Infinity when there is none. Throws: Error, in the words of the library, when that is no pattern. */
function nextStartMs(pattern: string, afterMs: number, zone: string, zones: Zones): number {
  // The library also takes dates, and numbers of fields that crontab(5) does not have.
  if (!/^\s*(?:@\w+|\S+(?:\s+\S+){4,5})\s*$/.test(pattern)) throw new Error('it has not five fields');
  const options = { paused: true, mode: '5-or-6-parts', fixedTimeRule: 'no-wildcard' } as const;
  const next = zones.within(zone, (told) =>
    new Cron(pattern, told === undefined ? options : { ...options, timezone: told }).nextRun(new Date(afterMs)),
  );
  return next?.getTime() ?? Number.POSITIVE_INFINITY;
}

/** Of a daily window the spans that began yesterday or today; an overnight one is over by the end of today. */
function spansNear(window: Window, today: number, zone: string, zones: Zones): readonly (readonly [number, number])[] {
  if (window.type === 'dates') return [[instantOf(...window.from, zone, zones), instantOf(...window.to, zone, zones)]];
  return [today - 1, today]
    .filter((day) => window.weekdays.has(weekdayOf(day)))
    .map((day) => {
      const endDay = window.to <= window.from ? day + 1 : day;
      return [instantOf(day, window.from, zone, zones), instantOf(endDay, window.to, zone, zones)] as const;
    });
}
