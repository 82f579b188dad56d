import { defineCommand } from '../command.ts';
import { printJson } from '../print-json.ts';
import { openClient } from '../remote/open-client.ts';
import { serverOptions } from '../remote/server-options.ts';
import { table } from '../render/table.ts';
import { stateText, trafficPlace } from '../render/traffic.ts';

export const trafficShow = defineCommand({
  operands: [{ name: 'NAME', kind: 'traffic' }],
  options: serverOptions,
  examples: [{ line: 'guise traffic show edge', why: 'which hosts it sends requests to now' }],
  async run(context, { operands: [name = ''], options }) {
    const traffic = await openClient(context, options).getTraffic({ params: { name }, query: { live: 'true' } });
    if (context.json) {
      printJson(context, traffic);
      return 0;
    }
    context.out.line(`${traffic.name}: ${trafficPlace(traffic)}, for ${traffic.hosts}`);
    const rows = (traffic.live ?? []).map(({ host_id, state, failed }) => [
      host_id,
      state === null ? (failed ?? 'unknown') : stateText(state),
    ]);
    for (const line of table(['host', 'state'], rows, context.out, `No host has the tags ${traffic.hosts}`)) {
      context.out.line(line);
    }
    return 0;
  },
});
