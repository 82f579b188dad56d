import { defineCommand } from '../command.ts';
import { labOptions } from '../lab/lab-options.ts';
import { openNamedLab } from '../lab/open-named-lab.ts';
import { printJson } from '../print-json.ts';

export const labDown = defineCommand({
  operands: [],
  options: {
    purge: { type: 'boolean', summary: 'Remove the base image, too, when no other lab uses it' },
    ...labOptions,
  },
  notes: ['Finds everything that the lab made, also after it was killed.'],
  examples: [{ line: 'guise lab down', why: 'leave no host, bridge, mount or process behind' }],
  async run(context, { options }) {
    await (await openNamedLab(context, options.name)).down({ purge: options.purge });
    if (context.json) printJson(context, { hosts: [] });
    return 0;
  },
});
