/**
 * The JSON Schema of the persona document, for editors. It is weaker than `parseDocument`, never stricter: where a template
 * may stand instead of a value, the schema has the template as an alternative.
 *
 * Source: https://json-schema.org/draft/2020-12.
 */
import { z } from 'zod';
import type { Json } from '../json.ts';
import { personaSchema } from './schema.ts';

const template = { type: 'string', pattern: '\\{\\{' } as const;
/** Types whose values a template cannot become. */
const untouched: ReadonlySet<unknown> = new Set(['object', 'array', undefined]);

export function jsonSchema(): { readonly [key: string]: Json } {
  const schema = z.toJSONSchema(personaSchema, {
    target: 'draft-2020-12',
    io: 'input',
    unrepresentable: 'any',
    override: ({ jsonSchema: node }) => {
      const isPlainText =
        node.type === 'string' && node.pattern === undefined && node.enum === undefined && node.format === undefined;
      if (untouched.has(node.type) || isPlainText || node.const !== undefined) return;
      const { description, ...rest } = node;
      for (const key of Object.keys(node)) delete node[key];
      node.anyOf = [rest, template];
      if (description !== undefined) node.description = description;
    },
  });
  // Through JSON, because the library's object also carries functions.
  return JSON.parse(JSON.stringify({ title: 'guise persona/v1', ...schema }));
}
