import { parseHostId } from '@guise/model';
import { defineCommand } from '../command.ts';
import { printJson } from '../print-json.ts';
import { openClient } from '../remote/open-client.ts';
import { serverOptions } from '../remote/server-options.ts';
import { stateText } from '../render/traffic.ts';

export const trafficRestore = defineCommand({
  operands: [
    { name: 'NAME', kind: 'traffic' },
    { name: 'HOST', kind: 'host' },
  ],
  options: {
    deadline: {
      type: 'string',
      value: 'DURATION',
      summary: 'How long to wait until it is healthy, at most 50s (default 30s)',
    },
    ...serverOptions,
  },
  notes: [
    'Only a host that is in production comes back. With health checks it gets its first request after they pass.',
  ],
  examples: [{ line: 'guise traffic restore edge h1', why: 'h1 gets requests again' }],
  async run(context, { operands: [name = '', host = ''], options: { deadline, ...options } }) {
    const state = await openClient(context, options).restoreHost({
      params: { name, host_id: parseHostId(host) },
      body: deadline === undefined ? {} : { deadline },
    });
    if (context.json) printJson(context, state);
    else context.out.line(`${host} is ${stateText(state)}`);
    return state.is_serving ? 0 : 1;
  },
});
