import { parseHostId } from '@guise/model';
import { defineCommand } from '../command.ts';
import { printJson } from '../print-json.ts';
import { allPages } from '../remote/all-pages.ts';
import { openClient } from '../remote/open-client.ts';
import { serverOptions } from '../remote/server-options.ts';
import { table } from '../render/table.ts';

export const checkoutLs = defineCommand({
  operands: [{ name: 'HOST', kind: 'host', optional: true }],
  options: {
    all: { type: 'boolean', summary: 'Those that are over, too' },
    ...serverOptions,
  },
  examples: [
    { line: 'guise checkout ls', why: 'who has which host, and who waits' },
    { line: 'guise checkout ls h1 --all', why: 'who ever had h1' },
  ],
  async run(context, { operands: [text], options: { all, ...options } }) {
    const client = openClient(context, options);
    const filter = {
      ...(text === undefined ? {} : { host_id: parseHostId(text) }),
      ...(all ? { ended: 'true' as const } : {}),
    };
    const checkouts = await allPages((page) => client.listCheckouts({ query: { ...page, ...filter } }));
    if (context.json) {
      printJson(context, { checkouts });
      return 0;
    }
    const rows = checkouts.map((each) => [
      each.checkout_id,
      each.host_id ?? '',
      each.state,
      each.holder,
      each.persona_id ?? 'none',
      each.expires_at ?? '',
    ]);
    const lines = table(
      ['checkout', 'host', 'state', 'holder', 'persona', 'until'],
      rows,
      context.out,
      'Nobody has a host.',
    );
    for (const line of lines) context.out.line(line);
    return 0;
  },
});
