import { jsonSchema } from '@guise/model/documents';
import { defineCommand } from '../command.ts';
import { printJson } from '../print-json.ts';

export const personaSchemaCommand = defineCommand({
  operands: [],
  options: {},
  notes: [
    'For editors: with the YAML language server, begin a file with "# yaml-language-server: $schema=persona.schema.json".',
  ],
  examples: [{ line: 'guise persona schema > persona.schema.json', why: 'completion and checks while typing' }],
  async run(context) {
    printJson(context, jsonSchema());
    return 0;
  },
});
