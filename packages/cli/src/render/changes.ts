/**
 * Changes of a plan or of a finished transaction, for people: what comes (+), what goes (-), what becomes something else (~),
 * and which running service reads it again (>).
 *
 * Content of files is shown as a unified diff where it is at hand, cut after `diffLinesMax`.
 */
import { absentState, differingFields } from '@guise/decide';
import {
  type Address,
  type Digest,
  type Json,
  kindOf,
  type ReportedChange,
  type State,
  shownSecret,
} from '@guise/model';
import type { Terminal } from '../terminal.ts';
import { diffSize, lineDiff } from './line-diff.ts';
import type { Style } from './style.ts';
import { clip, count, printable, valueText } from './text.ts';

/** Content by digest; null where it is not at hand. */
export type ContentOf = (digest: Digest) => Uint8Array | null;

export type Sign = '+' | '-' | '~' | '>';

const diffLinesMax = 60;
const addressColumn = 46;
const valueLength = 48;

export function changeLines(
  changes: readonly ReportedChange[],
  contentOf: ContentOf,
  { columns, style }: Pick<Terminal, 'columns' | 'style'>,
): readonly string[] {
  const width = Math.min(addressColumn, Math.max(0, ...changes.map(({ address }) => printable(address).length)));
  return changes.flatMap((change) => {
    const sign = signOf(change);
    const address = printable(change.address).padEnd(width);
    const said = clip(whatChanges(change, sign, contentOf), columns - width - 6);
    return [
      `  ${paint(sign, style)(`${sign} ${address}`)}  ${said}`.trimEnd(),
      ...remarks(change).map((remark) => `      ${style.changed(remark)}`),
      ...contentLines(change, contentOf, style),
    ];
  });
}

/** `2 to add, 1 to remove`; empty when there is nothing to do. */
export function changeSummary(changes: readonly ReportedChange[]): string {
  const number = (sign: Sign) => changes.filter((change) => signOf(change) === sign).length;
  return (['+', '~', '-', '>'] as const)
    .filter((sign) => number(sign) > 0)
    .map((sign) => `${number(sign)} to ${verbOf(sign)}`)
    .join(', ');
}

function signOf({ address, before, after, fields }: ReportedChange): Sign {
  if (fields.length === 0) return '>';
  if (isAbsent(address, before)) return '+';
  return isAbsent(address, after) ? '-' : '~';
}

/** A null in a target means "any", so where "not there" is null, the state must be null itself. */
function isAbsent(address: Address, state: State): boolean {
  const absent = absentState(kindOf(address));
  const isNull = Object.keys(absent).every((field) => absent[field] !== null || (state[field] ?? null) === null);
  return isNull && differingFields(address, state, absent).length === 0;
}

function verbOf(sign: Sign): string {
  switch (sign) {
    case '+':
      return 'add';
    case '~':
      return 'change';
    case '-':
      return 'remove';
    case '>':
      return 'reload or restart';
  }
}

function paint(sign: Sign, style: Style): (text: string) => string {
  switch (sign) {
    case '+':
      return style.added;
    case '-':
      return style.removed;
    case '~':
    case '>':
      return style.changed;
  }
}

function whatChanges(change: ReportedChange, sign: Sign, contentOf: ContentOf): string {
  if (sign === '>') return `${change.nudge ?? 'reload'} (${printable(change.because)})`;
  const nudge = change.nudge === null ? [] : [change.nudge];
  if (sign === '-') return [...nudge, `(${printable(change.because)})`].join(', ');
  const fields = change.fields.flatMap((field) => fieldText(change, field, sign, contentOf));
  return [...fields, ...nudge].join(', ');
}

function fieldText(
  { before, after }: ReportedChange,
  field: string,
  sign: Sign,
  contentOf: ContentOf,
): readonly string[] {
  const [from, to] = [before[field] ?? null, after[field] ?? null];
  if (to === shownSecret)
    return [from === null || from === shownSecret ? `content ${shownSecret}` : `content becomes ${shownSecret}`];
  const size = isDigest(from) || isDigest(to) ? contentSize(from, to, contentOf) : undefined;
  if (size !== undefined) return [size];
  // What comes into being has no values to compare with, and null is then nothing to tell.
  if (sign === '+') return to === null || (Array.isArray(to) && to.length === 0) ? [] : [`${field} ${shown(to)}`];
  return [`${field} ${shown(from)} → ${shown(to)}`];
}

function shown(value: Json): string {
  return valueText(value, valueLength);
}

function isDigest(value: Json): value is Digest {
  return typeof value === 'string' && value.startsWith('sha256:');
}

/** What the change means for the way back, where that is not exact. */
function remarks({ reversibility }: ReportedChange): readonly string[] {
  switch (reversibility) {
    case 'exact':
      return [];
    case 'compensating':
      return ['undone by the opposite action, not byte for byte'];
    case 'irreversible':
      return ['cannot be undone'];
  }
}

function contentSize(from: Json, to: Json, contentOf: ContentOf): string | undefined {
  const texts = textsOf(from, to, contentOf);
  if (texts === undefined) return undefined;
  const { added, removed } = diffSize(lineDiff(...texts));
  return texts[0] === '' ? `content ${count(added, 'line')}` : `content +${added} -${removed}`;
}

function contentLines(
  { before, after, fields }: ReportedChange,
  contentOf: ContentOf,
  style: Style,
): readonly string[] {
  return fields.flatMap((field) => {
    const [from, to] = [before[field] ?? null, after[field] ?? null];
    const texts = isDigest(from) && isDigest(to) ? textsOf(from, to, contentOf) : undefined;
    if (texts === undefined) return [];
    const lines = lineDiff(...texts);
    const left = lines.length - diffLinesMax;
    return [
      ...lines.slice(0, diffLinesMax).map(({ sign, text }) => {
        const line = `      ${sign} ${printable(text)}`.trimEnd();
        if (sign === '+') return style.added(line);
        if (sign === '-') return style.removed(line);
        return style.quiet(line);
      }),
      ...(left > 0 ? [style.quiet(`      … ${count(left, 'more line')}`)] : []),
    ];
  });
}

/** Undefined when one is not at hand or is not text. */
function textsOf(from: Json, to: Json, contentOf: ContentOf): [before: string, after: string] | undefined {
  const [before, after] = [from, to].map((digest) => (isDigest(digest) ? textOf(contentOf(digest)) : ''));
  return before === undefined || after === undefined ? undefined : [before, after];
}

function textOf(content: Uint8Array | null): string | undefined {
  if (content === null) return undefined;
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(content);
    return text.includes('\0') ? undefined : text;
  } catch {
    return undefined;
  }
}
