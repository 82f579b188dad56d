/** The parameters of a persona and its ancestors, and the values that a user gives them. */
import type { Problem } from '../errors.ts';
import { nearName } from '../near-name.ts';
import { parameterRule } from './parameter-rule.ts';
import { positionOf } from './position-of.ts';
import { errorOf, problemOf } from './problem.ts';
import type { LocatedDocument, ResolvedPersona } from './resolved.ts';
import type { ParameterDefinition } from './schema.ts';
import type { TemplateValue } from './template.ts';

export type ParameterValues = { readonly [name: string]: TemplateValue };

interface LocatedParameter {
  readonly definition: ParameterDefinition;
  /** The document that has the definition. */
  readonly located: LocatedDocument;
}

/** By name. A persona's definition replaces its ancestors' as a whole. */
function parametersOf({ ancestors, own }: ResolvedPersona): ReadonlyMap<string, LocatedParameter> {
  const parameters = new Map<string, LocatedParameter>();
  for (const located of [...ancestors, own]) {
    for (const [name, definition] of Object.entries(located.document.parameters ?? {})) {
      parameters.set(name, { definition, located });
    }
  }
  return parameters;
}

/** The values given, and the defaults of the others. Throws: `parameter_invalid`, whose problems stand at the definitions. */
export function parameterValues(persona: ResolvedPersona, given: ParameterValues): ParameterValues {
  const parameters = parametersOf(persona);
  const problems: Problem[] = [];
  for (const name of Object.keys(given)) {
    if (!parameters.has(name)) problems.push(unknownParameter(name, parameters, persona.own));
  }
  const values: Record<string, TemplateValue> = {};
  for (const [name, parameter] of parameters) {
    const value = Object.hasOwn(given, name) ? given[name] : parameter.definition.default;
    const rule = value === undefined ? missingRule(parameter.definition) : parameterRule(parameter.definition, value);
    if (rule !== null) problems.push(wrongValue(name, parameter, rule, value));
    else if (value !== undefined) values[name] = value;
  }
  if (problems.length > 0) throw errorOf('parameter_invalid', problems);
  return values;
}

function missingRule({ type }: ParameterDefinition): string {
  return `must be given (${type}), because it has no default`;
}

function unknownParameter(name: string, known: ReadonlyMap<string, LocatedParameter>, own: LocatedDocument): Problem {
  const near = nearName(name, known.keys());
  const listed = known.size === 0 ? 'it has none' : `the parameters are ${[...known.keys()].join(', ')}`;
  return problemOf({
    file: own.file,
    at: positionOf(own.positions, ['parameters']),
    path: `parameters.${name}`,
    rule: 'must be a parameter of the persona',
    sentence: `Cannot set parameter ${JSON.stringify(name)}: ${own.document.persona_id} has no such parameter${near === undefined ? `, ${listed}` : ''}`,
    suggestion: near === undefined ? undefined : JSON.stringify(near),
  });
}

function wrongValue(
  name: string,
  { located }: LocatedParameter,
  rule: string,
  value: TemplateValue | undefined,
): Problem {
  const found =
    value === undefined ? 'missing' : JSON.stringify(typeof value === 'string' ? value.slice(0, 80) : value);
  const path = ['parameters', name];
  return problemOf({
    file: located.file,
    at: positionOf(located.positions, path),
    path: path.join('.'),
    rule,
    sentence: `Cannot set parameter ${JSON.stringify(name)}: the value ${rule}, and it is ${found}`,
  });
}
