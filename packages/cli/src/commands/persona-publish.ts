import { defineCommand } from '../command.ts';
import { readPersona } from '../local/read-persona.ts';
import { printJson } from '../print-json.ts';
import { openClient } from '../remote/open-client.ts';
import { serverOptions } from '../remote/server-options.ts';

export const personaPublish = defineCommand({
  operands: [{ name: 'FILE', kind: 'persona_file', repeated: true }],
  options: serverOptions,
  notes: [
    'All files are read and checked before the first is published. A file that has not changed keeps its version.',
  ],
  examples: [{ line: 'guise persona publish personas/*.yaml', why: 'a new version of every persona that changed' }],
  async run(context, { operands, options }) {
    const personas = [];
    for (const file of operands) personas.push(await readPersona(file));
    const client = openClient(context, options);
    const published = [];
    for (const persona of personas) {
      const version = await client.publishPersona({ body: { persona } });
      published.push(version);
      if (!context.json) context.out.line(`${version.persona_id}@${version.version} ${version.digest}`);
    }
    if (context.json) printJson(context, { published });
    return 0;
  },
});
