import { defineCommand } from '../command.ts';
import { printJson } from '../print-json.ts';
import { allPages } from '../remote/all-pages.ts';
import { openClient } from '../remote/open-client.ts';
import { serverOptions } from '../remote/server-options.ts';
import { table } from '../render/table.ts';

export const roleLs = defineCommand({
  operands: [],
  options: serverOptions,
  examples: [{ line: 'guise role ls', why: 'who has which role, and who gave it' }],
  async run(context, { options }) {
    const client = openClient(context, options);
    let roles: readonly string[] = [];
    const granted = await allPages(async (query) => {
      const page = await client.listRoles({ query });
      roles = page.roles;
      return page;
    });
    if (context.json) printJson(context, { roles, granted });
    else {
      const rows = granted.map((each) => [
        each.role,
        each.subject_type,
        each.subject,
        each.granted_by,
        each.granted_at,
      ]);
      for (const line of table(['role', 'given to', 'name', 'by', 'at'], rows, context.out)) context.out.line(line);
      context.err.line(context.err.style.quiet(`There are the roles ${roles.join(', ')}.`));
    }
    return 0;
  },
});
