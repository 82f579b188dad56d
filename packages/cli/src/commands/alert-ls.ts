import { parseHostId } from '@guise/model';
import { defineCommand } from '../command.ts';
import { printJson } from '../print-json.ts';
import { allPages } from '../remote/all-pages.ts';
import { openClient } from '../remote/open-client.ts';
import { serverOptions } from '../remote/server-options.ts';
import { alertLines } from '../render/candidates.ts';

export const alertLs = defineCommand({
  operands: [{ name: 'HOST', kind: 'host', optional: true }],
  options: {
    all: { type: 'boolean', summary: 'Those that are over, too' },
    ...serverOptions,
  },
  examples: [
    { line: 'guise alert ls', why: 'what is wrong now, newest first' },
    { line: 'guise alert ls h1 --all', why: 'what was ever wrong on h1, as far as it is kept' },
  ],
  async run(context, { operands: [text], options: { all, ...options } }) {
    const client = openClient(context, options);
    const filter = {
      ...(text === undefined ? {} : { host_id: parseHostId(text) }),
      ...(all ? {} : { active: 'true' as const }),
    };
    const alerts = await allPages((page) => client.listAlerts({ query: { ...page, ...filter } }));
    if (context.json) printJson(context, { alerts });
    else for (const line of alertLines(alerts, context.out)) context.out.line(line);
    return 0;
  },
});
