import { defineCommand } from '../command.ts';
import { printJson } from '../print-json.ts';
import { allPages } from '../remote/all-pages.ts';
import { openClient } from '../remote/open-client.ts';
import { serverOptions } from '../remote/server-options.ts';
import { table } from '../render/table.ts';

export const personaLs = defineCommand({
  operands: [],
  options: {
    category: { type: 'string', value: 'CATEGORY', summary: 'Only personas of this category' },
    group: { type: 'string', value: 'GROUP', summary: 'Only personas of this group' },
    ...serverOptions,
  },
  examples: [{ line: 'guise persona ls --group edge', why: 'what the group edge has' }],
  async run(context, { options: { category, group, ...options } }) {
    const client = openClient(context, options);
    const filter = { ...(category === undefined ? {} : { category }), ...(group === undefined ? {} : { group }) };
    const personas = await allPages((page) => client.listPersonas({ query: { ...page, ...filter } }));
    if (context.json) printJson(context, { personas });
    else {
      const rows = personas.map((persona) => [
        persona.persona_id,
        String(persona.current_version),
        persona.persona_name ?? '',
        persona.category ?? '',
        persona.persona_groups.join(' '),
        persona.updated_at,
      ]);
      const headings = ['persona', 'version', 'name', 'category', 'groups', 'updated'];
      for (const line of table(headings, rows, context.out, 'Nothing is published yet: guise persona publish FILE…'))
        context.out.line(line);
    }
    return 0;
  },
});
