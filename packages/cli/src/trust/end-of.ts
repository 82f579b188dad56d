/** When something signed ends: after a time (`90d`, `5y`), or at a day or an instant (`2027-01-01`, `2027-01-01T12:00:00Z`), in UTC. */
import { durationMs, GuiseError, limits } from '@guise/model';

const yearMs = 365 * 86_400_000;

/** With milliseconds, as statements have it. Throws: `argument_invalid` when it is past, too far or no time. */
export function endOf(text: string | undefined, usualMs: number, nowMs: number): string {
  const endMs = text === undefined ? nowMs + usualMs : readEnd(text, nowMs);
  if (endMs <= nowMs) throw invalid(text, 'it has passed already');
  if (endMs > nowMs + limits.signedLifeMaxMs) throw invalid(text, 'it is more than a hundred years away');
  // Whole seconds are what people see.
  return new Date(Math.floor(endMs / 1000) * 1000).toISOString();
}

function readEnd(text: string, nowMs: number): number {
  const [, years] = /^(\d{1,3})y$/.exec(text) ?? [];
  if (years !== undefined) return nowMs + Number(years) * yearMs;
  if (!/^\d{4}-/.test(text)) return nowMs + durationMs(text);
  const instant = /^\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\dZ)?$/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(instant))
    throw invalid(text, 'it must be a day such as 2027-01-01, or an instant such as 2027-01-01T12:00:00Z');
  return instant;
}

function invalid(text: string | undefined, reason: string): GuiseError {
  return new GuiseError('argument_invalid', `Cannot use ${JSON.stringify(text)} as an end: ${reason}`);
}
