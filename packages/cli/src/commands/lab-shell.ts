import { once } from 'node:events';
import { constants } from 'node:os';
import { defineCommand } from '../command.ts';
import type { ExitCode } from '../exit-code.ts';
import { labOptions } from '../lab/lab-options.ts';
import { openNamedLab } from '../lab/open-named-lab.ts';

export const labShell = defineCommand({
  operands: [
    { name: 'HOST', kind: 'text' },
    { name: 'ARGUMENT', kind: 'text', optional: true, repeated: true },
  ],
  options: labOptions,
  notes: ['Exit code: that of the command.'],
  examples: [
    { line: 'guise lab shell h1', why: 'look around in h1' },
    { line: 'guise lab shell h1 -- systemctl status nginx', why: 'run one command there' },
  ],
  async run(context, { operands: [host = '', ...argv], options }) {
    const lab = await openNamedLab(context, options.name);
    lab.host(host);
    const child = lab.spawn(host, argv.length === 0 ? ['bash', '--login'] : argv, 'inherit');
    // Ctrl-C is for what runs inside; this process waits for it to end.
    context.interruption();
    const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
    // A program's exit code is its own affair and may be any.
    return (code ?? 128 + constants.signals[signal ?? 'SIGKILL']) as ExitCode;
  },
});
