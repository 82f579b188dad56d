import { defineCommand } from '../command.ts';
import { printJson } from '../print-json.ts';
import { allPages } from '../remote/all-pages.ts';
import { openClient } from '../remote/open-client.ts';
import { serverOptions } from '../remote/server-options.ts';
import { table } from '../render/table.ts';

export const secretLs = defineCommand({
  operands: [],
  options: serverOptions,
  notes: ['Names and versions only: no command and no route tells a value.'],
  examples: [{ line: 'guise secret ls', why: 'what there is, and which personas name it' }],
  async run(context, { options }) {
    const client = openClient(context, options);
    const secrets = await allPages((page) => client.listSecrets({ query: page }));
    if (context.json) printJson(context, { secrets });
    else {
      const rows = secrets.map(({ name, version, used_by, updated_at, updated_by }) => [
        name,
        String(version),
        used_by.join(' '),
        updated_at,
        updated_by,
      ]);
      const headings = ['secret', 'version', 'personas', 'updated', 'by'];
      for (const line of table(headings, rows, context.out, 'There are no secrets yet: guise secret set NAME'))
        context.out.line(line);
    }
    return 0;
  },
});
