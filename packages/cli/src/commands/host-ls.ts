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
    ...serverOptions,
  },
  examples: [{ line: 'guise host ls --tags role=web', why: 'the web servers' }],
  async run(context, { options }) {
    const client = openClient(context, options);
    const { tags } = options;
    const hosts = await allPages((page) =>
      client.listHosts({ query: { ...page, ...(tags === undefined ? {} : { tags }) } }),
    );
    if (context.json) printJson(context, { hosts });
    else {
      const rows = hosts.map((host) => [
        host.host_id,
        agentText(host),
        Object.entries(host.tags)
          .map(([key, value]) => `${key}=${value}`)
          .join(' '),
        host.agent_version ?? '',
        host.last_seen_at ?? 'never',
      ]);
      const lines = table(
        ['host', 'agent', 'tags', 'version', 'last seen'],
        rows,
        context.out,
        'No host has joined yet: guise host token makes a token for one.',
      );
      for (const line of lines) context.out.line(line);
    }
    return 0;
  },
});
