import { defineCommand } from '../command.ts';
import { placesFor } from '../places.ts';
import { printJson } from '../print-json.ts';
import { tearDown } from '../trial/trial.ts';

export const down = defineCommand({
  operands: [],
  options: {},
  notes: [
    'Also removes what a killed guise start or guise up left. A control plane that guise server runs is not touched.',
  ],
  examples: [{ line: 'guise down', why: 'leave no server, host, mount or bridge behind' }],
  async run(context) {
    const { trial } = placesFor(context.env, context.isRoot);
    await tearDown(trial, { env: context.env, report: (line) => context.err.line(context.err.style.quiet(line)) });
    if (context.json) printJson(context, { hosts: [] });
    return 0;
  },
});
