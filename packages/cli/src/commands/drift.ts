import { defineCommand } from '../command.ts';
import { driftFound } from '../exit-code.ts';
import { hostOptions } from '../local/local-options.ts';
import { withEngine } from '../local/with-engine.ts';
import { printJson } from '../print-json.ts';
import { driftLines } from '../render/drift.ts';

export const drift = defineCommand({
  operands: [],
  options: hostOptions,
  notes: ['Exit code: 0 when there is none, 5 when there is some.'],
  examples: [
    { line: 'guise drift || echo "somebody was here"', why: 'notice changes that did not come from a persona' },
  ],
  run: (context, { options }) =>
    withEngine(context, options, async (engine) => {
      const found = await engine.drift();
      if (context.json) printJson(context, { drift: found });
      else for (const line of driftLines(found, context.out)) context.out.line(line);
      return found.length === 0 ? 0 : driftFound;
    }),
});
