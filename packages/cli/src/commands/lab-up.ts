import { GuiseError } from '@guise/model';
import { defineCommand } from '../command.ts';
import { labOptions } from '../lab/lab-options.ts';
import { openNamedLab } from '../lab/open-named-lab.ts';
import { printLabHosts } from '../lab/print-lab-hosts.ts';

export const labUp = defineCommand({
  operands: [{ name: 'HOST', kind: 'text', optional: true, repeated: true }],
  options: {
    hosts: { type: 'string', value: 'NUMBER', summary: 'As many hosts, named h1, h2, …, instead of naming them' },
    cores: { type: 'string', value: 'NUMBER', summary: 'Processor limit of each host, such as 0.5' },
    image: {
      type: 'string',
      value: 'IMAGE',
      summary: 'Operating system of new hosts: debian-12 (default) or debian-13',
    },
    memory: { type: 'string', value: 'MB', summary: 'Memory limit of each host' },
    ...labOptions,
  },
  notes: [
    'Real systemd hosts in containers of this machine, each with an agent; the first ever builds their image, which takes a minute.',
    'Hosts that are up already stay. Without HOST: h1.',
  ],
  examples: [
    { line: 'guise lab up --hosts 3', why: 'h1, h2 and h3' },
    { line: 'guise lab up shop-a shop-b --memory 512', why: 'two hosts with 512 MB each' },
  ],
  async run(context, { operands, options }) {
    const limits = {
      ...(options.cores === undefined ? {} : { cpuCores: positive(options.cores, '--cores') }),
      ...(options.memory === undefined ? {} : { memoryMb: positive(options.memory, '--memory') }),
    };
    const lab = await openNamedLab(context, options.name);
    const { parseImageName } = await import('@guise/lab');
    const image = options.image === undefined ? {} : { image: parseImageName(options.image) };
    const names = hostNames(operands, options.hosts);
    printLabHosts(await lab.up(names.map((name) => ({ name, agentConfig: {}, ...image, ...limits }))), context);
    return 0;
  },
});

/** Throws: `argument_invalid`. */
function hostNames(named: readonly string[], count: string | undefined): readonly string[] {
  if (count === undefined) return named.length === 0 ? ['h1'] : named;
  if (named.length > 0) throw new GuiseError('argument_invalid', 'Cannot use --hosts with names of hosts: give either');
  if (!/^[1-9]\d{0,2}$/.test(count)) {
    throw new GuiseError('argument_invalid', `Cannot use --hosts ${count}: it must be a number from 1 to 999`);
  }
  return Array.from({ length: Number(count) }, (_, index) => `h${index + 1}`);
}

function positive(text: string, flag: string): number {
  const number = Number(text);
  if (number > 0 && Number.isFinite(number)) return number;
  throw new GuiseError('argument_invalid', `Cannot use ${flag} ${text}: it must be a number above 0`);
}
