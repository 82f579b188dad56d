/**
 * Wall-clock time in an IANA zone: from an instant to the local date, and from a local date and time to the instant.
 *
 * A local time that daylight saving skips is moved on by what was skipped; of one that occurs twice the first is meant. So no local
 * time is without its instant, and none has two (the rule that RFC 5545 and Temporal call "compatible").
 * Instants are Unix ms, and everything is given them: no clock.
 */
import { intlZones, type Zones } from './zones.ts';

const minuteMs = 60_000;
const dayMs = 24 * 60 * minuteMs;

/** Days since 1970-01-01 of the local date. */
export function localDay(atMs: number, zone: string, { offsetMs }: Zones = intlZones): number {
  return Math.floor((atMs + offsetMs(atMs, zone)) / dayMs);
}

/** `day` is days since 1970-01-01, `minute` minutes since its local midnight, at most 1440. */
export function instantOf(day: number, minute: number, zone: string, { offsetMs }: Zones = intlZones): number {
  const local = day * dayMs + minute * minuteMs;
  const before = offsetMs(local - dayMs, zone);
  const after = offsetMs(local + dayMs, zone);
  // Where both fit, clocks are set back between them, and the earlier one is the first occurrence.
  const fitting = [local - before, local - after].filter((instant) => instant + offsetMs(instant, zone) === local);
  return fitting.length === 0 ? local - before : Math.min(...fitting);
}

/** 0 is Sunday. */
export function weekdayOf(day: number): number {
  return (((day + 4) % 7) + 7) % 7;
}
