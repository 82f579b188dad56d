import { defineCommand } from '../command.ts';
import { printJson } from '../print-json.ts';
import { allPages } from '../remote/all-pages.ts';
import { openClient } from '../remote/open-client.ts';
import { serverOptions } from '../remote/server-options.ts';
import { hostCounts, readyText } from '../render/pool.ts';
import { table } from '../render/table.ts';

export const poolLs = defineCommand({
  operands: [],
  options: serverOptions,
  examples: [{ line: 'guise pool ls', why: 'every pool, and how many of its hosts wait' }],
  async run(context, { options }) {
    const client = openClient(context, options);
    const pools = await allPages((query) => client.listPools({ query }));
    if (context.json) printJson(context, { pools });
    else {
      const rows = pools.map((pool) => [pool.pool_id, String(pool.hosts.idle), hostCounts(pool), readyText(pool)]);
      const nothing = 'There is no pool yet: guise pool new makes one.';
      for (const line of table(['pool', 'idle', 'hosts', 'ready'], rows, context.out, nothing)) context.out.line(line);
    }
    return 0;
  },
});
