/** Instants as people write and read them in a zone. */
import { instantOf, intlZones } from '@guise/decide';
import { GuiseError } from '@guise/model';

const dayMs = 86_400_000;
const pattern = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(\.\d{1,9})?)?)?(Z|[+-]\d\d:?\d\d)?$/;

/** A date, a local time of `zone`, or a time with its offset → Unix ms; null when it is none of these. */
export function instantFrom(text: string, zone: string): number | null {
  const [whole, date = '', hour, minute, second = '00', fraction = '', offset] = pattern.exec(text) ?? [];
  if (whole === undefined) return null;
  if (hour !== undefined && offset !== undefined) {
    const atMs = Date.parse(`${date}T${hour}:${minute}:${second}${fraction}${offset}`);
    return Number.isNaN(atMs) ? null : atMs;
  }
  const day = Date.parse(`${date}T00:00:00Z`);
  const inDayMs = Date.parse(`1970-01-01T${hour ?? '00'}:${minute ?? '00'}:${second}${fraction}Z`);
  if (Number.isNaN(day) || Number.isNaN(inDayMs) || new Date(day).toISOString().slice(0, 10) !== date) return null;
  return instantOf(day / dayMs, Math.floor(inDayMs / 60_000), zone) + (inDayMs % 60_000);
}

/** Throws: `argument_invalid`. */
export function instantOption(flag: string, text: string, zone: string): number {
  const atMs = instantFrom(text, zone);
  if (atMs !== null) return atMs;
  throw new GuiseError(
    'argument_invalid',
    `Cannot use ${flag} ${JSON.stringify(text.slice(0, 80))}: it must be a date such as 2026-03-29, or a time such as 2026-03-29T08:00 or 2026-03-29T06:00Z`,
  );
}

/** ISO 8601 with offset: `2026-03-29T08:00:00+02:00`. Milliseconds only where there are any. */
export function zonedText(atMs: number, zone: string): string {
  const offset = intlZones.offsetMs(atMs, zone);
  const local = new Date(atMs + offset).toISOString().replace(/(?:\.000)?Z$/, '');
  const minutes = Math.abs(Math.round(offset / 60_000));
  const [hours, rest] = [Math.floor(minutes / 60), minutes % 60].map((part) => String(part).padStart(2, '0'));
  return `${local}${offset < 0 ? '-' : '+'}${hours}:${rest}`;
}
