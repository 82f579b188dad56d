/** What may be active on a host and why it is or is not, what people hold there, and what hosts say is wrong. */
import type { AlertReport, CandidateReport, Hold } from '@guise/model';
import type { Terminal } from '../terminal.ts';
import { layerText } from './plan.ts';
import { table } from './table.ts';
import { printable } from './text.ts';

/** `+` for what is active, `-` for what is not. */
export function candidateLines(
  candidates: readonly CandidateReport[],
  { style }: Pick<Terminal, 'style'>,
): readonly string[] {
  return candidates.map(({ active, decided_by, reason, since, ...layer }) => {
    const mark = active ? style.added('+') : style.quiet('-');
    const state = active ? 'active' : 'inactive';
    return `${mark} ${layerText(layer)}: ${state} since ${shortTime(since)}, ${printable(decisionText(decided_by, reason))}`;
  });
}

export function decisionText(decidedBy: CandidateReport['decided_by'], reason: string): string {
  switch (decidedBy) {
    case 'always':
      return 'always active';
    case 'triggers':
      return `by its triggers: ${reason}`;
    case 'hold':
      return `by a hold: ${reason}`;
  }
}

export function holdText({ id, instance, effect, reason, owner, until }: Hold): string {
  const what = instance === null ? 'every persona' : printable(instance);
  return `${what} is held ${effect} until ${shortTime(until)} by ${printable(owner)}: ${printable(reason)} (hold ${printable(id)})`;
}

export function alertLines(
  alerts: readonly (AlertReport & { readonly host_id: string })[],
  terminal: Pick<Terminal, 'columns' | 'style'>,
): readonly string[] {
  const rows = alerts.map(({ host_id, severity, type, instance, raised_at, cleared_at, message }) => [
    host_id,
    severity,
    type,
    instance ?? '',
    shortTime(raised_at),
    cleared_at === null ? 'lasts' : shortTime(cleared_at),
    message,
  ]);
  return table(
    ['host', 'severity', 'type', 'persona', 'raised', 'cleared', 'message'],
    rows,
    terminal,
    'Nothing is wrong as far as hosts have told.',
  );
}

function shortTime(time: string): string {
  return printable(time.replace(/\.\d+/, ''));
}
