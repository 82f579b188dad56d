import { defineCommand } from '../command.ts';
import { printJson } from '../print-json.ts';
import { openClient } from '../remote/open-client.ts';
import { serverOptions } from '../remote/server-options.ts';

export const poolNew = defineCommand({
  operands: [{ name: 'POOL', kind: 'text' }],
  options: serverOptions,
  examples: [{ line: 'guise pool new edge', why: 'an empty pool; guise pool add puts hosts into it' }],
  async run(context, { operands: [pool_id = ''], options }) {
    const pool = await openClient(context, options).createPool({ body: { pool_id } });
    if (context.json) printJson(context, pool);
    else context.out.line(`${pool.pool_id} is there, without hosts`);
    return 0;
  },
});
