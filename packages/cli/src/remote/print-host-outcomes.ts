/** Prints what became of hosts, and gives the exit code of the worst. */
import type { Context } from '../context.ts';
import { type ExitCode, exitCodeOfStatus } from '../exit-code.ts';
import { printJson } from '../print-json.ts';
import { printable } from '../render/text.ts';
import { outcomeLines } from '../render/transaction.ts';
import type { HostOutcome } from './await-hosts.ts';

export function printHostOutcomes(outcomes: readonly HostOutcome[], context: Context): ExitCode {
  if (context.json) {
    const hosts = outcomes.map(({ type, hostId, ...rest }) => ({ host_id: hostId, outcome: type, ...rest }));
    printJson(context, { hosts });
  } else {
    for (const outcome of outcomes) for (const line of hostOutcomeLines(outcome, context)) context.out.line(line);
  }
  let worst: ExitCode = 0;
  for (const code of outcomes.map(exitCodeOfHost)) if (code > worst) worst = code;
  return worst;
}

function hostOutcomeLines(outcome: HostOutcome, { out }: Context): readonly string[] {
  switch (outcome.type) {
    case 'unchanged':
      return [`${outcome.hostId}: nothing to change`];
    case 'switched': {
      const [first = '', ...rest] = outcomeLines(outcome.transaction, out);
      return [`${outcome.hostId}: ${first}`, ...rest];
    }
    case 'failed':
      return [out.style.removed(`${outcome.hostId}: failed before anything was changed: ${printable(outcome.reason)}`)];
    case 'refused':
      return [out.style.removed(`${outcome.hostId}: refused: ${printable(outcome.reason)}`)];
    case 'offline':
      return [out.style.changed(`${outcome.hostId}: not connected; it changes when it comes back`)];
  }
}

function exitCodeOfHost(outcome: HostOutcome): ExitCode {
  switch (outcome.type) {
    case 'unchanged':
      return 0;
    case 'switched':
      return exitCodeOfStatus(outcome.transaction.status);
    case 'refused':
      return 3;
    case 'failed':
    case 'offline':
      return 1;
  }
}
