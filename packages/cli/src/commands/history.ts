import { defineCommand } from '../command.ts';
import { hostOptions } from '../local/local-options.ts';
import { withEngine } from '../local/with-engine.ts';
import { printJson } from '../print-json.ts';
import { historyLines } from '../render/transaction.ts';

export const history = defineCommand({
  operands: [],
  options: hostOptions,
  examples: [{ line: 'guise history --json', why: 'every switch of this machine, newest first, with each change' }],
  run: (context, { options }) =>
    withEngine(context, options, async (engine) => {
      const transactions = engine.history();
      if (context.json) printJson(context, { transactions });
      else for (const line of historyLines(transactions, context.out)) context.out.line(line);
      return 0;
    }),
});
