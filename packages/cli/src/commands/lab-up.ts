import { GuiseError } from '@guise/model';
import { defineCommand } from '../command.ts';
import { labOptions } from '../lab/lab-options.ts';
import { openNamedLab } from '../lab/open-named-lab.ts';
import { printLabHosts } from '../lab/print-lab-hosts.ts';

export const labUp = defineCommand({
  operands: [{ name: 'HOST', kind: 'text', optional: true, repeated: true }],
  options: {
    cores: { type: 'string', value: 'NUMBER', summary: 'Processor limit of each host, such as 0.5' },
    memory: { type: 'string', value: 'MB', summary: 'Memory limit of each host' },
    ...labOptions,
  },
  notes: [
    'Real systemd hosts in containers of this machine; the first ever builds their image, which takes a minute. Without HOST: h1.',
  ],
  examples: [{ line: 'guise lab up h1 h2 h3 --memory 512', why: 'three hosts with 512 MB each' }],
  async run(context, { operands, options }) {
    const limits = {
      ...(options.cores === undefined ? {} : { cpuCores: positive(options.cores, '--cores') }),
      ...(options.memory === undefined ? {} : { memoryMb: positive(options.memory, '--memory') }),
    };
    const lab = await openNamedLab(context, options.name);
    const names = operands.length === 0 ? ['h1'] : operands;
    printLabHosts(await lab.up(names.map((name) => ({ name, ...limits }))), context);
    return 0;
  },
});

function positive(text: string, flag: string): number {
  const number = Number(text);
  if (number > 0 && Number.isFinite(number)) return number;
  throw new GuiseError('argument_invalid', `Cannot use ${flag} ${text}: it must be a number above 0`);
}
