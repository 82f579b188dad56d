import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants } from 'node:os';
import { join } from 'node:path';
import { defineCommand } from '../command.ts';
import type { ExitCode } from '../exit-code.ts';
import { repository } from '../places.ts';

export const agent = defineCommand({
  operands: [{ name: 'ARGUMENT', kind: 'text', optional: true, repeated: true }],
  options: {},
  notes: ['Reads /etc/guise/agent.json. Ending it changes nothing on the machine.'],
  examples: [{ line: 'guise agent', why: 'what guise-agent.service runs' }],
  async run(context, { operands }) {
    const child = spawn(join(repository, 'bin/guise-agent'), operands, { stdio: 'inherit' });
    context.interruption().addEventListener('abort', () => child.kill('SIGTERM'));
    const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
    return (code ?? 128 + constants.signals[signal ?? 'SIGKILL']) as ExitCode;
  },
});
