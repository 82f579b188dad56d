import { parseAddress, parseHostId } from '@guise/model';
import { defineCommand } from '../command.ts';
import { printJson } from '../print-json.ts';
import { openClient } from '../remote/open-client.ts';
import { serverOptions } from '../remote/server-options.ts';
import { whyLines } from '../render/why.ts';

export const hostWhy = defineCommand({
  operands: [
    { name: 'HOST', kind: 'host' },
    { name: 'ADDRESS', kind: 'address' },
  ],
  options: serverOptions,
  examples: [{ line: 'guise host why h1 sysctl:net.core.somaxconn', why: 'who set it on h1, and what it was before' }],
  async run(context, { operands: [host = '', address = ''], options }) {
    const params = { host_id: parseHostId(host) };
    const report = await openClient(context, options).getHostWhy({ params, query: { address: parseAddress(address) } });
    if (context.json) printJson(context, report);
    else for (const line of whyLines(report, context.out)) context.out.line(line);
    return 0;
  },
});
