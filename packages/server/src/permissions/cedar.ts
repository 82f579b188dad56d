/**
 * Cedar, the language of policies, behind the three questions that we ask of it.
 *
 * Invariant: anything but a clean answer is a denial. Cedar itself passes over a policy that fails while it is evaluated, so a
 * `forbid` that fails would allow; here any diagnostic denies.
 * Source: https://docs.cedarpolicy.com/auth/authorization.html
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DetailedError, EntityJson, EntityUidJson, PolicyJson } from '@cedar-policy/cedar-wasm/nodejs';
import {
  policySetTextToParts,
  policyToJson,
  preparsePolicySet,
  preparseSchema,
  statefulIsAuthorized,
  validate,
} from '@cedar-policy/cedar-wasm/nodejs';
import type { Problem } from '@guise/model';
import { GuiseError } from '@guise/model';
import { lineAndColumn } from '../http/json-position.ts';
import { requireShallow } from './policy-bounds.ts';

export const policiesFolder = join(import.meta.dirname, '..', 'policies');
export const schemaText = readFileSync(join(policiesFolder, 'schema.cedarschema'), 'utf8');
const schemaName = 'guise';

export interface Question {
  readonly principal: { readonly type: string; readonly id: string };
  readonly action: string;
  readonly resource: { readonly type: string; readonly id: string };
  readonly context: { readonly persona?: { readonly type: string; readonly id: string } };
  readonly entities: EntityJson[];
}

/** One rule: what it says, and its structure. Only the text is evaluated, because JSON here loses digits of large numbers. */
export interface Rule extends PolicyJson {
  readonly text: string;
}

/** Every rule of a text. Throws: `policy_invalid` with line and column of each problem. */
export function parsePolicy(name: string, text: string): readonly Rule[] {
  requireShallow(name, text);
  const answer = validate({ schema: schemaText, policies: { staticPolicies: text } });
  const faults = answer.type === 'failure' ? answer.errors : answer.validationErrors.map(({ error }) => error);
  if (faults.length > 0) throw invalid(name, text, faults);
  const parts = policySetTextToParts(text);
  if (parts.type === 'failure') throw invalid(name, text, parts.errors);
  return parts.policies.map((part) => {
    const json = policyToJson(part);
    if (json.type === 'failure') throw invalid(name, text, json.errors);
    return { ...json.json, text: part };
  });
}

/** Makes the rules ready to be asked, under a name that is not used for others. Throws: `policy_invalid`. */
export function loadPolicies(setName: string, rules: Readonly<Record<string, Rule>>): void {
  const schema = preparseSchema(schemaName, schemaText);
  if (schema.type === 'failure')
    throw new GuiseError('policy_invalid', `Cannot read the schema: ${words(schema.errors)}`);
  const answer = preparsePolicySet(setName, {
    staticPolicies: Object.fromEntries(Object.entries(rules).map(([id, { text }]) => [id, text])),
  });
  if (answer.type === 'failure')
    throw new GuiseError('policy_invalid', `Cannot use the policies: ${words(answer.errors)}`);
}

export function isPermitted(setName: string, { principal, action, resource, context, entities }: Question): boolean {
  const answer = statefulIsAuthorized({
    principal: { ...principal },
    action: { type: 'Action', id: action },
    resource: { ...resource },
    context: context.persona === undefined ? {} : { persona: { __entity: { ...context.persona } } },
    preparsedSchemaName: schemaName,
    validateRequest: true,
    preparsedPolicySetId: setName,
    entities,
  });
  return (
    answer.type === 'success' &&
    answer.warnings.length === 0 &&
    answer.response.diagnostics.errors.length === 0 &&
    answer.response.decision === 'allow'
  );
}

/** `{"type": …, "id": …}`, in either of the two ways in which Cedar writes it. */
export function uidOf(uid: EntityUidJson): { readonly type: string; readonly id: string } {
  return '__entity' in uid ? uid.__entity : uid;
}

function invalid(name: string, text: string, faults: readonly DetailedError[]): GuiseError {
  const bytes = Buffer.from(text);
  const problems = faults.map((fault): Problem => {
    // Offsets are in bytes of UTF-8.
    const offset = bytes.subarray(0, fault.sourceLocations?.[0]?.start ?? 0).toString().length;
    const { line, column } = lineAndColumn(text, offset);
    const rule = `${fault.message.replace(/^(for policy `[^`]*`, |failed to parse policies from string: )/, '')}${
      fault.help === null ? '' : ` (${fault.help})`
    }`;
    const file = `${name}.cedar`;
    return { file, line, column, path: '', rule, message: `${rule} (${file}:${line}:${column})` };
  });
  return new GuiseError(
    'policy_invalid',
    `Cannot use the policy "${name}": ${problems[0]?.message ?? 'it is invalid'}`,
    {
      problems,
    },
  );
}

function words(errors: readonly DetailedError[]): string {
  return errors.map(({ message }) => message).join('; ');
}
