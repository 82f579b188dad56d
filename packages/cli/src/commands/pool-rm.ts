import { defineCommand } from '../command.ts';
import { printJson } from '../print-json.ts';
import { openClient } from '../remote/open-client.ts';
import { serverOptions } from '../remote/server-options.ts';

export const poolRm = defineCommand({
  operands: [{ name: 'POOL', kind: 'pool' }],
  options: serverOptions,
  notes: ['What was drawn from it is forgotten with it; the audit keeps that.'],
  examples: [{ line: 'guise pool rm edge', why: 'removes the pool edge' }],
  async run(context, { operands: [pool_id = ''], options }) {
    await openClient(context, options).deletePool({ params: { pool_id } });
    if (context.json) printJson(context, { removed: pool_id });
    else context.out.line(`${pool_id} is removed`);
    return 0;
  },
});
