/** Durations as documents write them. */
import { GuiseError } from './errors.ts';

const unitMs: { readonly [unit: string]: number } = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** `30s` → 30000. Throws: `argument_invalid` when the text is not a whole number and ms, s, m, h or d. */
export function durationMs(text: string): number {
  const [, amount, unit] = /^(\d{1,9})(ms|s|m|h|d)$/.exec(text) ?? [];
  const factor = unitMs[unit ?? ''];
  if (amount !== undefined && factor !== undefined) return Number(amount) * factor;
  throw new GuiseError(
    'argument_invalid',
    `Cannot read ${JSON.stringify(text.slice(0, 40))} as a duration: it must be a number and ms, s, m, h or d, such as "30s"`,
  );
}
