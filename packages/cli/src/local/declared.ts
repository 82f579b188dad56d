/** The parameters that a persona and its parents declare, and values for them as they are typed. */
import { GuiseError, nearName, type ParameterDefinition, type ResolvedPersona } from '@guise/model';

/** A persona's own definition replaces its parents'. */
export function parametersOf({ ancestors, own }: ResolvedPersona): ReadonlyMap<string, ParameterDefinition> {
  return new Map([...ancestors, own].flatMap(({ document }) => Object.entries(document.parameters ?? {})));
}

/**
 * `4` as a number where a number is declared; ranges and patterns are checked with the persona.
 *
 * Throws: `parameter_invalid` for a parameter that the persona does not have.
 */
export function parameterFor(persona: ResolvedPersona, name: string, text: string): string | number | boolean {
  const declared = parametersOf(persona);
  const definition = declared.get(name);
  if (definition !== undefined) return valueFrom(text, definition);
  const nearest = nearName(name, declared.keys());
  const known = declared.size === 0 ? 'it has none' : `they are ${[...declared.keys()].join(', ')}`;
  throw new GuiseError(
    'parameter_invalid',
    `Cannot set parameter ${JSON.stringify(name)}: it must be one of ${persona.own.document.persona_id}, and ${known}` +
      (nearest === undefined ? '' : `; did you mean ${nearest}?`),
  );
}

/** Text that is no such value stays text, which the persona's own check then refuses in its own words. */
function valueFrom(text: string, { type }: ParameterDefinition): string | number | boolean {
  switch (type) {
    case 'string':
      return text;
    case 'boolean':
      return text === 'true' ? true : text === 'false' ? false : text;
    case 'integer':
    case 'number':
      return /^[+-]?\d+(\.\d+)?$/.test(text) ? Number(text) : text;
  }
}
