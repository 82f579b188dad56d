import { parseHostId } from '@guise/model';
import { defineCommand } from '../command.ts';
import { printJson } from '../print-json.ts';
import { openClient } from '../remote/open-client.ts';
import { serverOptions } from '../remote/server-options.ts';
import { stateText } from '../render/traffic.ts';

export const trafficDrain = defineCommand({
  operands: [
    { name: 'NAME', kind: 'traffic' },
    { name: 'HOST', kind: 'host' },
  ],
  options: {
    deadline: {
      type: 'string',
      value: 'DURATION',
      summary: 'How long to wait for what is under way, at most 50s (default 30s)',
    },
    ...serverOptions,
  },
  notes: [
    'Nothing new comes to the host; what is under way ends as it would. Exit code 1 when some of it is still under way at the deadline: the host stays out, and the same command goes on waiting.',
  ],
  examples: [
    { line: 'guise traffic drain edge h1', why: 'nothing new comes to h1, and what is under way has 30 s to end' },
  ],
  async run(context, { operands: [name = '', host = ''], options: { deadline, ...options } }) {
    const state = await openClient(context, options).drainHost({
      params: { name, host_id: parseHostId(host) },
      body: deadline === undefined ? {} : { deadline },
    });
    if (context.json) printJson(context, state);
    else context.out.line(`${host} is ${stateText(state)}`);
    return state.is_serving || (state.under_way ?? 0) > 0 ? 1 : 0;
  },
});
