/** What became of a switch, and what a host has done before. */
import type { TransactionReport, TransactionStatus } from '@guise/model';
import type { Terminal } from '../terminal.ts';
import { layerText } from './plan.ts';
import { table } from './table.ts';
import { count, durationText, printable } from './text.ts';

/** One line for the outcome, then what went wrong, if something did. */
export function outcomeLines(transaction: TransactionReport, { style }: Pick<Terminal, 'style'>): readonly string[] {
  const { id, status, changes, error } = transaction;
  const line = `${statusText(status)}: ${count(changes.length, 'change')} in ${durationText(totalMs(transaction))} (${timingsText(transaction)}), transaction ${id}`;
  return [
    status === 'committed' ? style.added(line) : style.removed(line),
    ...(error === null ? [] : [`  ${printable(error.message)}`]),
    ...(status === 'stuck'
      ? ['  The host needs a person: it is neither as before nor as planned. The next guise command tries again.']
      : []),
  ];
}

export function historyLines(
  transactions: readonly TransactionReport[],
  terminal: Pick<Terminal, 'columns' | 'style'>,
): readonly string[] {
  const rows = transactions.map((transaction) => [
    transaction.started_at.replace(/\.\d+/, ''),
    transaction.status,
    transaction.layers_after.map(({ instance }) => instance).join(' ') || 'baseline',
    String(transaction.changes.length),
    durationText(totalMs(transaction)),
    transaction.id,
    transaction.error?.message ?? '',
  ]);
  return table(
    ['started', 'status', 'personas', 'changes', 'took', 'transaction', 'error'],
    rows,
    terminal,
    'nothing has been applied yet',
  );
}

/** What a command found and finished before its own work. */
export function recoveredLine({ id, status, layers_before }: TransactionReport): string {
  const layers = layers_before.map(layerText).join('; ') || 'the baseline';
  return status === 'rolled_back'
    ? `An earlier run was interrupted; what it had begun was undone (transaction ${id}). Active: ${layers}.`
    : `An earlier run was interrupted and is now ${statusText(status)} (transaction ${id}).`;
}

export function statusText(status: TransactionStatus): string {
  switch (status) {
    case 'acting':
      return 'under way';
    case 'confirming':
      return 'waiting for confirmation';
    case 'committed':
      return 'done';
    case 'undoing':
      return 'being undone';
    case 'rolled_back':
      return 'failed and rolled back';
    case 'stuck':
      return 'failed and could not be rolled back';
  }
}

export function totalMs({ timings_ms }: TransactionReport): number {
  return Object.values(timings_ms).reduce((sum, ms) => sum + ms, 0);
}

/** As they follow each other; a phase that is not known here comes last. */
const phases = ['prepare', 'observe', 'plan', 'record', 'act', 'verify', 'confirm', 'commit', 'undo'];

function timingsText({ timings_ms }: TransactionReport): string {
  const rank = (phase: string) => (phases.includes(phase) ? phases.indexOf(phase) : phases.length);
  return Object.entries(timings_ms)
    .filter(([, ms]) => ms >= 1)
    .sort(([a], [b]) => rank(a) - rank(b))
    .map(([phase, ms]) => `${phase} ${durationText(ms)}`)
    .join(', ');
}
