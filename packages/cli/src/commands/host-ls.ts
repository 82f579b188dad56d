import { fleetStates } from '@guise/api';
import { defineCommand } from '../command.ts';
import { printJson } from '../print-json.ts';
import { allPages } from '../remote/all-pages.ts';
import { openClient } from '../remote/open-client.ts';
import { serverOptions } from '../remote/server-options.ts';
import { agentText } from '../render/host-agent.ts';
import { table } from '../render/table.ts';

export const hostLs = defineCommand({
  operands: [],
  options: {
    tags: { type: 'string', value: 'SELECTOR', summary: 'Only hosts with these tags, such as role=web,env!=prod' },
    state: { type: 'string', choices: fleetStates, summary: 'Only hosts that are doing this' },
    pool: { type: 'string', kind: 'pool', value: 'POOL', summary: 'Only hosts of this pool' },
    ...serverOptions,
  },
  examples: [
    { line: 'guise host ls --tags role=web', why: 'the web servers' },
    { line: 'guise host ls --pool edge --state idle', why: 'what waits in the pool edge' },
  ],
  async run(context, { options }) {
    const client = openClient(context, options);
    const { tags, state, pool } = options;
    const filter = {
      ...(tags === undefined ? {} : { tags }),
      ...(state === undefined ? {} : { state }),
      ...(pool === undefined ? {} : { pool }),
    };
    const hosts = await allPages((page) => client.listHosts({ query: { ...page, ...filter } }));
    if (context.json) printJson(context, { hosts });
    else {
      const rows = hosts.map((host) => [
        host.host_id,
        agentText(host),
        host.state.replace('_', ' '),
        host.pool ?? '',
        Object.entries(host.tags)
          .map(([key, value]) => `${key}=${value}`)
          .join(' '),
        host.agent_version ?? '',
        host.last_seen_at ?? 'never',
      ]);
      const lines = table(
        ['host', 'agent', 'state', 'pool', 'tags', 'version', 'last seen'],
        rows,
        context.out,
        'No host has joined yet: guise host token makes a token for one.',
      );
      for (const line of lines) context.out.line(line);
    }
    return 0;
  },
});
