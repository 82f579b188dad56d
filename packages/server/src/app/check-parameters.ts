/**
 * Whether values fit what a persona says of its parameters, before any host is asked to take them.
 *
 * Throws: `parameter_invalid`, naming the parameter, the rule and the value.
 */
import type { PersonaDocument, ResolvedPersona } from '@guise/model';
import { GuiseError } from '@guise/model';

type Value = string | number | boolean;
type Rules = NonNullable<PersonaDocument['parameters']>[string];

export function checkParameters(persona: ResolvedPersona, values: { readonly [name: string]: Value }): void {
  const declared = new Map([...persona.ancestors, persona.own].flatMap(({ document }) => Object.entries(document.parameters ?? {})));
  for (const [name, value] of Object.entries(values)) {
    const rules = declared.get(name);
    if (rules === undefined) {
      const known = [...declared.keys()].join(', ') || 'none';
      throw new GuiseError('parameter_invalid', `Cannot set the parameter "${name}": the persona has no such parameter, and it has ${known}`);
    }
    const broken = brokenRule(rules, value);
    if (broken !== null) {
      throw new GuiseError('parameter_invalid', `Cannot set the parameter "${name}": the value must be ${broken}, and it is ${JSON.stringify(value)}`);
    }
  }
  for (const [name, rules] of declared) {
    if (rules.default === undefined && !Object.hasOwn(values, name)) {
      throw new GuiseError('parameter_invalid', `Cannot leave out the parameter "${name}": it has no default`);
    }
  }
}

function brokenRule(rules: Rules, value: Value): string | null {
  if (!hasType(rules.type, value)) return `of type ${rules.type}`;
  if (rules.enum !== undefined && !rules.enum.includes(value)) return `one of ${rules.enum.join(', ')}`;
  if (typeof value === 'number' && rules.minimum !== undefined && value < rules.minimum) return `at least ${rules.minimum}`;
  if (typeof value === 'number' && rules.maximum !== undefined && value > rules.maximum) return `at most ${rules.maximum}`;
  return null;
}

function hasType(type: Rules['type'], value: Value): boolean {
  switch (type) {
    case 'string':
      return typeof value === 'string';
    case 'boolean':
      return typeof value === 'boolean';
    case 'number':
      return typeof value === 'number';
    case 'integer':
      return Number.isInteger(value);
  }
}
