import { defineCommand } from '../command.ts';
import { labOptions } from '../lab/lab-options.ts';
import { openNamedLab } from '../lab/open-named-lab.ts';
import { printLabHosts } from '../lab/print-lab-hosts.ts';

export const labLs = defineCommand({
  operands: [],
  options: labOptions,
  examples: [{ line: 'guise lab ls', why: 'addresses and states of the lab hosts' }],
  async run(context, { options }) {
    printLabHosts((await openNamedLab(context, options.name)).list(), context);
    return 0;
  },
});
