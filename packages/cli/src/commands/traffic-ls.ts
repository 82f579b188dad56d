import { defineCommand } from '../command.ts';
import { printJson } from '../print-json.ts';
import { openClient } from '../remote/open-client.ts';
import { serverOptions } from '../remote/server-options.ts';
import { table } from '../render/table.ts';
import { trafficPlace, trafficShares } from '../render/traffic.ts';

export const trafficLs = defineCommand({
  operands: [],
  options: {
    live: { type: 'boolean', summary: 'Ask each of them which hosts it sends requests to now' },
    ...serverOptions,
  },
  examples: [{ line: 'guise traffic ls --live', why: 'what there is, and how many hosts are out of it' }],
  async run(context, { options: { live, ...options } }) {
    const query = { live: live ? ('true' as const) : ('false' as const) };
    const { items } = await openClient(context, options).listTraffic({ query });
    if (context.json) printJson(context, { traffic: items });
    else {
      const rows = items.map((each) => [each.name, each.hosts, trafficPlace(each), trafficShares(each)]);
      const nothing = 'Nothing is known that sends requests to hosts: guise traffic set NAME';
      for (const line of table(['name', 'hosts', 'where', live ? 'now' : ''], rows, context.out, nothing)) {
        context.out.line(line);
      }
    }
    return 0;
  },
});
