import { defineCommand } from '../command.ts';
import { printJson } from '../print-json.ts';
import { allPages } from '../remote/all-pages.ts';
import { openClient } from '../remote/open-client.ts';
import { serverOptions } from '../remote/server-options.ts';
import { table } from '../render/table.ts';

export const tokenLs = defineCommand({
  operands: [],
  options: serverOptions,
  examples: [{ line: 'guise token ls', why: 'who bears a token, what it may do, and until when' }],
  async run(context, { options }) {
    const client = openClient(context, options);
    const tokens = await allPages((query) => client.listTokens({ query }));
    if (context.json) printJson(context, { tokens });
    else {
      const rows = tokens.map((token) => [
        token.name,
        token.roles.join(' '),
        Object.values(token.scope ?? {})
          .flat()
          .join(' ') || 'all',
        token.created_by,
        token.expires_at ?? 'never',
      ]);
      for (const line of table(['token', 'roles', 'limited to', 'by', 'until'], rows, context.out))
        context.out.line(line);
    }
    return 0;
  },
});
