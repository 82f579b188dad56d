/** Text from documents and hosts, made safe and short enough for a terminal. */
import type { Json } from '@guise/model';

const controls = /[\p{Cc}\p{Bidi_Control}]/gu;

/** One line without control characters, so that a value cannot move the cursor, change colors or turn text around. */
export function printable(text: string): string {
  return text.replaceAll(controls, (character) => {
    if (character === '\n') return '\\n';
    if (character === '\t') return '\\t';
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
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
