import { defineCommand } from '../command.ts';
import { printJson } from '../print-json.ts';
import { openClient } from '../remote/open-client.ts';
import { serverOptions } from '../remote/server-options.ts';

export const trafficRm = defineCommand({
  operands: [{ name: 'NAME', kind: 'traffic' }],
  options: serverOptions,
  notes: ['Hosts that are out of it stay out: restore them before.'],
  examples: [{ line: 'guise traffic rm old-edge', why: 'it is asked no more' }],
  async run(context, { operands: [name = ''], options }) {
    await openClient(context, options).deleteTraffic({ params: { name } });
    if (context.json) printJson(context, { name, removed: true });
    else context.out.line(`${name} is removed`);
    return 0;
  },
});
