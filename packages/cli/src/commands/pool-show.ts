import { defineCommand } from '../command.ts';
import { printJson } from '../print-json.ts';
import { allPages } from '../remote/all-pages.ts';
import { openClient } from '../remote/open-client.ts';
import { serverOptions } from '../remote/server-options.ts';
import { activationLine } from '../render/activation.ts';
import { hostCounts, readyText } from '../render/pool.ts';
import { printable } from '../render/text.ts';

export const poolShow = defineCommand({
  operands: [{ name: 'POOL', kind: 'pool' }],
  options: serverOptions,
  examples: [{ line: 'guise pool show edge', why: 'its hosts, and what is activated on them' }],
  async run(context, { operands: [pool_id = ''], options }) {
    const client = openClient(context, options);
    const params = { pool_id };
    const pool = await client.getPool({ params });
    const hosts = await allPages((query) => client.listHosts({ query: { ...query, pool: pool_id } }));
    const activations = await allPages((query) =>
      client.listActivations({ params, query: { ...query, open: 'true' } }),
    );
    if (context.json) {
      printJson(context, { ...pool, members: hosts.map(({ host_id, state }) => ({ host_id, state })), activations });
      return 0;
    }
    const { out } = context;
    out.line(`${out.style.heading(pool.pool_id)}: ${hostCounts(pool) || 'no hosts'}`);
    out.line(`  ready: ${readyText(pool) || 'none is kept'}`);
    for (const { host_id, state, reason } of hosts)
      out.line(`  ${host_id}: ${state.replace('_', ' ')}${reason === null ? '' : `, ${printable(reason)}`}`);
    if (activations.length > 0) out.line('  activations:');
    for (const activation of activations) out.line(`    ${activationLine(activation)}`);
    return 0;
  },
});
