/** The audit for people: a table of entries, and what a verification found. */
import type { LoggedEntry } from '@guise/decide/audit';
import type { LogReport } from '../audit/finding.ts';
import type { Terminal } from '../terminal.ts';
import type { Style } from './style.ts';
import { table } from './table.ts';
import { printable } from './text.ts';

const digestDigits = 8;

export function auditLines(
  entries: readonly LoggedEntry[],
  out: Pick<Terminal, 'columns' | 'style'>,
): readonly string[] {
  const rows = entries.map((entry) => [
    String(entry.sequence),
    entry.at,
    entry.actor,
    entry.action,
    entry.resource,
    entry.cause ?? '',
    entry.outcome,
    changeText(entry),
  ]);
  const headings = ['entry', 'time', 'actor', 'action', 'resource', 'cause', 'outcome', 'change'];
  return table(headings, rows, out, 'Nothing of that was done.');
}

/** From what to what, as digests that are long enough to compare by eye. */
function changeText({ before, after }: LoggedEntry): string {
  if (before === null && after === null) return '';
  return `${shortened(before)} → ${shortened(after)}`;
}

function shortened(digest: string | null): string {
  return digest === null ? 'none' : digest.replace('sha256:', '').slice(0, digestDigits);
}

export function reportLines(report: LogReport, style: Style): readonly string[] {
  const { verified, origin, key, entries, signed, witnesses, findings, findings_left_out } = report;
  const known = witnesses.length === 0 ? '' : `, and what ${witnesses.join(' and ')} knew of it`;
  const unsigned = entries - signed;
  if (!verified) {
    return [
      ...findings.map(({ kind, message }) => `${style.removed(kind)}: ${printable(message)}`),
      ...(findings_left_out > 0 ? [style.quiet(`and ${findings_left_out} more`)] : []),
    ];
  }
  return [
    style.added(`${countEntries(entries)} of ${printable(origin)} are as they were logged${printable(known)}`),
    ...(unsigned > 0 ? [style.quiet(`${countEntries(unsigned)} of them wait for the next checkpoint`)] : []),
    style.quiet(`signed by ${key}`),
  ];
}

function countEntries(number: number): string {
  return number === 1 ? '1 entry' : `${number} entries`;
}
