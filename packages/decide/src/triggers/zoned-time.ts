/**
 * Wall-clock time in an IANA zone: from an instant to the local date, and from a local date and time to the instant.
 *
 * A local time that daylight saving skips is moved on by what was skipped; of one that occurs twice the first is meant. So no local
 * time is without its instant, and none has two (the rule that RFC 5545 and Temporal call "compatible").
 * Instants are Unix ms. Uses Intl, which knows zones and is given every instant: no clock.
 */
const minuteMs = 60_000;
const dayMs = 24 * 60 * minuteMs;

const formats = new Map<string, Intl.DateTimeFormat>();
/** Zones that one process keeps formats of. */
const formatsMax = 500;

export function isZone(zone: string): boolean {
  // Offsets such as "+02:00" are no zones: they know no daylight saving.
  if (!/^[A-Za-z][A-Za-z0-9_+/-]*$/.test(zone)) return false;
  try {
    formatOf(zone);
    return true;
  } catch {
    return false;
  }
}

/** Days since 1970-01-01 of the local date. */
export function localDay(atMs: number, zone: string): number {
  return Math.floor((atMs + offsetMs(atMs, zone)) / dayMs);
}

/** `day` is days since 1970-01-01, `minute` minutes since its local midnight, at most 1440. */
export function instantOf(day: number, minute: number, zone: string): number {
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

/** What local clocks are ahead of UTC. */
export function offsetMs(atMs: number, zone: string): number {
  const parts: Record<string, number> = {};
  for (const { type, value } of formatOf(zone).formatToParts(atMs)) parts[type] = Number(value);
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = parts;
  return Date.UTC(year, month - 1, day, hour, minute, second) - Math.floor(atMs / 1000) * 1000;
}

function formatOf(zone: string): Intl.DateTimeFormat {
  const known = formats.get(zone);
  if (known !== undefined) return known;
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  if (formats.size >= formatsMax) formats.clear();
  formats.set(zone, format);
  return format;
}
