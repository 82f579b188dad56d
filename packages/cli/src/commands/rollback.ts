import { defineCommand } from '../command.ts';
import { hostOptions } from '../local/local-options.ts';
import { printOutcome, withProgress } from '../local/print-outcome.ts';
import { withEngine } from '../local/with-engine.ts';

export const rollback = defineCommand({
  operands: [],
  options: {
    to: {
      type: 'string',
      choices: ['previous', 'baseline'],
      summary: 'The active set before the last switch (default), or no persona at all',
    },
    yes: { type: 'boolean', summary: 'Ask nothing' },
    ...hostOptions,
  },
  notes: [
    'Asks on a terminal. Without one it asks nothing: going back is what a script calls when something went wrong.',
  ],
  examples: [
    { line: 'guise rollback', why: 'undo the last switch' },
    { line: 'guise rollback --to baseline', why: 'put the machine back to what it was before guise, byte for byte' },
  ],
  async run(context, { options }) {
    const to = options.to ?? 'previous';
    const question = to === 'previous' ? 'Go back to the personas before the last switch?' : 'Take all personas away?';
    if (!options.yes && context.canAsk && !(await context.confirm(question))) {
      context.err.line('Nothing was changed.');
      return 3;
    }
    return withEngine(context, options, async (engine) => {
      const outcome = await withProgress(context, (onProgress) => engine.rollback(to, { onProgress }));
      return printOutcome(outcome, (digest) => engine.content(digest), context);
    });
  },
});
