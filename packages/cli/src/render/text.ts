/** Text from documents and hosts, made safe and short enough for a terminal. */
import type { Json } from '@guise/model';

const controls = /[\p{Cc}\p{Bidi_Control}\u2028\u2029]/gu;

/** One line without control characters, so that a value cannot move the cursor, change colors or turn text around. */
export function printable(text: string): string {
  return text.replaceAll(controls, (character) => {
    if (character === '\n') return '\\n';
    if (character === '\t') return '\\t';
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}

/** What the styles of this program make, and what must not reach a terminal; the first is found first. */
const graphicOrControl = new RegExp(
  `${'\u001b'}\\[(?:1|2|22|3[1236]|39)m|[\\p{Cc}\\p{Bidi_Control}\\u2028\\u2029]`,
  'gu',
);

/** Several lines, in which only line breaks and tabs are left of what acts on a terminal, and colors where they are wanted. */
export function withoutControls(text: string, hasColor: boolean): string {
  return text.replaceAll(graphicOrControl, (found) => {
    if (found === '\n' || found === '\t' || (found.length > 1 && hasColor)) return found;
    return found.length > 1 ? `\\u001b${found.slice(1)}` : `\\u${found.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}

/** A value as people write it: strings bare, null as `none`, the rest as JSON. At most `length` characters. */
export function valueText(value: Json, length = 100): string {
  if (value === null) return 'none';
  if (value === '') return '""';
  return clip(printable(typeof value === 'string' ? shortDigest(value) : JSON.stringify(value)), length);
}

/** At most `length` characters, the last one an ellipsis when something was left off. */
export function clip(text: string, length: number): string {
  if (text.length <= length) return text;
  return length < 1 ? '' : `${text.slice(0, length - 1)}…`;
}

/** `sha256:` and twelve digits are enough for people. */
export function shortDigest(text: string): string {
  return /^sha256:[0-9a-f]{64}$/.test(text) ? text.slice(0, 'sha256:'.length + 12) : text;
}

/** `1 change`, `2 changes`. */
export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}

/** `840 ms`, `3.2 s`, `2 min 5 s`. */
export function durationText(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}
