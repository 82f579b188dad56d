/**
 * The port to whatever knows the zones of the world: which there are, and what their clocks show.
 *
 * Intl does, everywhere, and takes 8 MiB for it; a resident agent has another way to the same data.
 */
export interface Zones {
  /** By its IANA name. */
  readonly isZone: (zone: string) => boolean;
  /** What local clocks are ahead of UTC, in ms. */
  readonly offsetMs: (atMs: number, zone: string) => number;
  /** Runs what asks a library that is told a zone, or, told none, goes by the clock of its surroundings. */
  readonly within: <Answer>(zone: string, ask: (told: string | undefined) => Answer) => Answer;
}

export const intlZones: Zones = { isZone, offsetMs, within: (zone, ask) => ask(zone) };

const formats = new Map<string, Intl.DateTimeFormat>();
/** Zones that one process keeps formats of. */
const formatsMax = 500;

function isZone(zone: string): boolean {
  // Offsets such as "+02:00" are no zones: they know no daylight saving.
  if (!/^[A-Za-z][A-Za-z0-9_+/-]*$/.test(zone)) return false;
  try {
    formatOf(zone);
    return true;
  } catch {
    return false;
  }
}

function offsetMs(atMs: number, zone: string): number {
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
