import { parseHostId } from '@guise/model';
import { defineCommand } from '../command.ts';
import type { ExitCode } from '../exit-code.ts';
import { printJson } from '../print-json.ts';
import { openClient } from '../remote/open-client.ts';
import { serverOptions } from '../remote/server-options.ts';

export const hostRollback = defineCommand({
  operands: [{ name: 'HOST', kind: 'host' }],
  options: {
    to: {
      type: 'string',
      choices: ['previous', 'baseline'],
      summary: 'The active set before the last switch (default), or no persona at all',
    },
    ...serverOptions,
  },
  notes: ['The host keeps that until what it is assigned changes.'],
  examples: [{ line: 'guise host rollback h1', why: 'undo the last switch of h1' }],
  async run(context, { operands: [text = ''], options }) {
    const answer = await openClient(context, options).rollbackHost({
      params: { host_id: parseHostId(text) },
      body: { to: options.to ?? 'previous' },
    });
    if (context.json) printJson(context, answer);
    else
      context.out.line(
        `${text}: ${resultText(answer.result)}${answer.transaction_id === null ? '' : ` (transaction ${answer.transaction_id})`}`,
      );
    return exitCodeOfResult(answer.result);
  },
});

type Result = 'unchanged' | 'committed' | 'rolled_back' | 'stuck';

function resultText(result: Result): string {
  switch (result) {
    case 'unchanged':
      return 'nothing to change';
    case 'committed':
      return 'done';
    case 'rolled_back':
      return 'failed and rolled back';
    case 'stuck':
      return 'failed and could not be rolled back';
  }
}

function exitCodeOfResult(result: Result): ExitCode {
  switch (result) {
    case 'unchanged':
    case 'committed':
      return 0;
    case 'rolled_back':
      return 1;
    case 'stuck':
      return 4;
  }
}
