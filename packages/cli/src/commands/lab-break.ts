import { defineCommand } from '../command.ts';
import { labOptions } from '../lab/lab-options.ts';
import { openNamedLab } from '../lab/open-named-lab.ts';
import { printLabHosts } from '../lab/print-lab-hosts.ts';

const kinds = ['kill', 'pause', 'network', 'disk-full'] as const;

export const labBreak = defineCommand({
  operands: [
    { name: 'HOST', kind: 'text' },
    { name: 'HOW', kind: 'text', optional: true, choices: kinds },
  ],
  options: {
    mend: { type: 'boolean', summary: 'Undo it, and boot the host if it does not run' },
    ...labOptions,
  },
  notes: [
    'kill: a power cut. pause: it hangs. network: it is cut off. disk-full: nothing can be written. Default: kill.',
  ],
  examples: [
    { line: 'guise lab break h1 network', why: 'pull the cable of h1' },
    { line: 'guise lab break h1 --mend', why: 'put it back' },
  ],
  async run(context, { operands: [host = '', how], options }) {
    const lab = await openNamedLab(context, options.name);
    if (options.mend) await lab.mend(host);
    else await lab.break(host, kinds.find((kind) => kind === how) ?? 'kill');
    printLabHosts([lab.host(host)], context);
    return 0;
  },
});
