/** What somebody else changed: as guise left it, and as it is. */
import { type DriftReport, type Json, shownSecret } from '@guise/model';
import type { Terminal } from '../terminal.ts';
import { count, printable, valueText } from './text.ts';

export function driftLines(drift: readonly DriftReport[], { style }: Pick<Terminal, 'style'>): readonly string[] {
  if (drift.length === 0) return ['No drift: everything that guise manages is as it left it.'];
  return [
    ...drift.flatMap(({ address, fields, expected, live }) => [
      style.changed(`~ ${printable(address)}`),
      ...fields.map((field) => `    ${field}: ${differenceText(expected[field] ?? null, live[field] ?? null)}`),
    ]),
    style.quiet(`${count(drift.length, 'thing')} changed by somebody else; apply the personas again to put it back`),
  ];
}

function differenceText(expected: Json, live: Json): string {
  if (expected === shownSecret && live === shownSecret) return `${shownSecret}, and not as guise wrote it`;
  return `${valueText(expected)} → ${valueText(live)}`;
}
