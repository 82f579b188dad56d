import { parseHostId } from '@guise/model';
import { defineCommand } from '../command.ts';
import { printJson } from '../print-json.ts';
import { openClient } from '../remote/open-client.ts';
import { serverOptions } from '../remote/server-options.ts';

export const poolAdd = defineCommand({
  operands: [
    { name: 'POOL', kind: 'pool' },
    { name: 'HOST', kind: 'host', repeated: true },
  ],
  options: serverOptions,
  notes: [
    'A host in production becomes idle; what it is assigned stays. One that is checked out or changes is refused.',
  ],
  examples: [{ line: 'guise pool add edge h1 h2', why: 'h1 and h2 wait in the pool edge to be needed' }],
  async run(context, { operands: [pool_id = '', ...texts], options }) {
    const client = openClient(context, options);
    const hosts = texts.map(parseHostId);
    for (const host_id of hosts) {
      await client.addPoolHost({ params: { pool_id, host_id } });
      if (!context.json) context.out.line(`${host_id} is idle in ${pool_id}`);
    }
    if (context.json) printJson(context, { pool_id, hosts });
    return 0;
  },
});
