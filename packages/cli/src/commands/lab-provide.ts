import { resolve } from 'node:path';
import { GuiseError } from '@guise/model';
import { defineCommand } from '../command.ts';
import { labOptions } from '../lab/lab-options.ts';
import { namedLabOptions } from '../lab/open-named-lab.ts';
import { printJson } from '../print-json.ts';
import { untilAborted } from '../until-aborted.ts';

export const labProvide = defineCommand({
  operands: [],
  options: {
    socket: { type: 'string', value: 'PATH', kind: 'file', summary: 'Where it listens, in a directory of its own' },
    user: {
      type: 'string',
      value: 'ACCOUNT',
      summary: 'Whom the control plane runs as, and whose group may connect (default guise-server, which is made)',
    },
    ...labOptions,
  },
  notes: [
    'Lends the hosts of a lab to a control plane, which takes snapshots, goes back to them, deploys images, sets limits and switches power.',
    'Runs as root beside a control plane that does not: guise server --lab-provider PATH.',
  ],
  examples: [
    {
      line: 'guise lab provide --socket /run/guise-lab-provider/socket',
      why: 'the control plane of this machine can lend its hosts',
    },
  ],
  async run(context, { options }) {
    if (options.socket === undefined)
      throw new GuiseError('argument_invalid', 'Cannot provide a lab without a place to listen: give --socket PATH');
    if (!context.isRoot)
      throw new GuiseError('not_permitted', 'Cannot provide a lab: it needs root, so run it with sudo');
    const [{ provideLab }, { serverAccount }] = await Promise.all([
      import('@guise/lab'),
      import('../unprivileged/server-account.ts'),
    ]);
    const interruption = context.interruption();
    const socketPath = resolve(context.cwd, options.socket);
    const provider = await provideLab({
      ...(await namedLabOptions(context, options.name)),
      socketPath,
      groupId: serverAccount(options.user).gid,
    });
    if (context.json) printJson(context, { socket: socketPath });
    else context.out.line(`Provider: ${socketPath}`);
    await untilAborted(interruption);
    await provider.close();
    return 0;
  },
});
