/** Who the persona is, what it builds on, what a user may choose. */
import { z } from 'zod';
import { id, integer, scalar, text } from '../formats.ts';
import { isPattern, parameterRule } from '../parameter-rule.ts';

const relativeDocument =
  /^\.\/(?!\.\.?\/)[ -.0-~\u00a0-\uffff]+(?:\/(?!\.\.?\/)[ -.0-~\u00a0-\uffff]+)*\.(?:yaml|yml|json)$/;
const idPattern = /^[a-z0-9]([a-z0-9._-]{0,62}[a-z0-9])?$/;

const parameter = z
  .strictObject({
    type: z.enum(['string', 'integer', 'number', 'boolean']),
    default: scalar.optional().describe('Used when nobody gives a value. Without it the parameter is required.'),
    minimum: z.number().optional(),
    maximum: z.number().optional(),
    enum: z.array(scalar).min(1).max(100).optional().describe('The only values allowed.'),
    pattern: z
      .string()
      .max(200)
      .refine(isPattern, 'must be an RE2 regular expression, without look-around or back-references')
      .optional()
      .describe('RE2 regular expression that must match somewhere in a text; write ^…$ to match all of it.'),
    description: z.string().max(1000).optional(),
  })
  .superRefine((definition, context) => {
    const refuse = (path: (string | number)[], message: string) => context.addIssue({ code: 'custom', path, message });
    const isNumeric = definition.type === 'integer' || definition.type === 'number';
    if (definition.minimum !== undefined && !isNumeric) refuse(['minimum'], 'must be left out of what is no number');
    if (definition.maximum !== undefined && !isNumeric) refuse(['maximum'], 'must be left out of what is no number');
    if (definition.pattern !== undefined && definition.type !== 'string') {
      refuse(['pattern'], 'must be left out unless the type is string');
    }
    const { enum: allowed, ...unlisted } = definition;
    for (const [index, value] of (allowed ?? []).entries()) {
      const rule = parameterRule(unlisted, value);
      if (rule !== null) refuse(['enum', index], rule);
    }
    const rule = definition.default === undefined ? null : parameterRule(definition, definition.default);
    if (rule !== null) refuse(['default'], rule);
  });

export const identityFields = {
  guise: z.literal('persona/v1', 'must be "persona/v1"').describe('The version of this format.'),
  persona_id: id.describe('Unique, short, used in commands and addresses.'),
  persona_name: z.string().min(1).max(200).optional().describe('For people.'),
  description: z.string().max(10_000).optional(),
  category: id.optional().describe('The function it serves, such as web_server or database.'),
  persona_groups: z.array(id).max(100).optional().describe('Groups that are switched and placed together.'),
  priority: integer(0, 1000).optional().describe('The higher one wins an address; 50 when absent.'),
  extends: z
    .array(
      z
        .string()
        .refine(
          (entry) => idPattern.test(entry) || relativeDocument.test(entry),
          'must be a persona id, or a path such as "./base.yaml" below the folder of this document',
        ),
    )
    .max(16)
    .optional()
    .describe('Personas that this one is built on, by id (ID.yaml in the same folder) or by path. A later one wins.'),
  parameters: z
    .record(
      text(
        /^(?!(?:host|instance|secret)$)[a-z][a-z0-9_]{0,63}$/,
        'must be a lower-case name other than host, instance and secret',
      ),
      parameter,
    )
    .optional()
    .describe('Values chosen when the persona is applied; templates write them as {{ name }}.'),
};
