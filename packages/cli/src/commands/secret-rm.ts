import { defineCommand } from '../command.ts';
import { printJson } from '../print-json.ts';
import { openClient } from '../remote/open-client.ts';
import { serverOptions } from '../remote/server-options.ts';

export const secretRm = defineCommand({
  operands: [{ name: 'NAME', kind: 'secret' }],
  options: {
    force: { type: 'boolean', summary: 'Also while published personas name it' },
    ...serverOptions,
  },
  notes: [
    'With --force, hosts whose personas name it keep what they have and are given nothing new until it is set again.',
  ],
  examples: [{ line: 'guise secret rm old-key', why: 'refused while a current persona names it' }],
  async run(context, { operands: [name = ''], options: { force, ...server } }) {
    await openClient(context, server).deleteSecret({ params: { name }, query: { force: force ? 'true' : 'false' } });
    if (context.json) printJson(context, { name, removed: true });
    else context.out.line(`${name} is removed`);
    return 0;
  },
});
