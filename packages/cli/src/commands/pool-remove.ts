import { parseHostId } from '@guise/model';
import { defineCommand } from '../command.ts';
import { printJson } from '../print-json.ts';
import { openClient } from '../remote/open-client.ts';
import { serverOptions } from '../remote/server-options.ts';

export const poolRemove = defineCommand({
  operands: [
    { name: 'POOL', kind: 'pool' },
    { name: 'HOST', kind: 'host', repeated: true },
  ],
  options: serverOptions,
  notes: ['Only idle hosts can leave. What was made ready there goes.'],
  examples: [{ line: 'guise pool remove edge h1', why: 'h1 is in production again, and nobody draws it' }],
  async run(context, { operands: [pool_id = '', ...texts], options }) {
    const client = openClient(context, options);
    const hosts = texts.map(parseHostId);
    for (const host_id of hosts) {
      await client.removePoolHost({ params: { pool_id, host_id } });
      if (!context.json) context.out.line(`${host_id} is in production, out of ${pool_id}`);
    }
    if (context.json) printJson(context, { pool_id, hosts });
    return 0;
  },
});
