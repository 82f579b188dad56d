/**
 * What a parameter's value must be.
 *
 * Patterns are RE2: matching takes time linear in the text whatever the pattern is, so an author's pattern cannot stall an
 * agent. JavaScript's own regular expressions can take exponential time, and there is no way to bound it from outside.
 */
import { RE2JS } from 're2js';
import { limits } from '../limits.ts';
import type { TemplateValue } from './template.ts';

/** The shape of a definition, whether or not the schema has seen it. */
interface Definition {
  readonly type: 'string' | 'integer' | 'number' | 'boolean';
  readonly minimum?: number | undefined;
  readonly maximum?: number | undefined;
  readonly enum?: readonly TemplateValue[] | undefined;
  readonly pattern?: string | undefined;
}

/** The rule that a value breaks, or null. */
export function parameterRule(definition: Definition, value: TemplateValue): string | null {
  const { type, minimum, maximum, pattern } = definition;
  if (!isOfType(type, value)) return typeRules[type];
  if (definition.enum !== undefined && !definition.enum.includes(value)) {
    return `must be one of ${definition.enum.map((allowed) => JSON.stringify(allowed)).join(', ')}`;
  }
  if (typeof value === 'number') return rangeRule(value, minimum, maximum);
  if (typeof value === 'boolean') return null;
  if (value.length > limits.parameterChars) return `must have at most ${limits.parameterChars} characters`;
  if (value.includes('\0') || !value.isWellFormed()) return 'must be text without NUL and with whole surrogate pairs';
  if (pattern === undefined || !isPattern(pattern) || RE2JS.compile(pattern).matcher(value).find()) return null;
  return `must match ${pattern}`;
}

export function isPattern(pattern: string): boolean {
  try {
    RE2JS.compile(pattern);
    return true;
  } catch {
    return false;
  }
}

const typeRules = {
  string: 'must be text',
  integer: 'must be a whole number',
  number: 'must be a number',
  boolean: 'must be true or false',
} as const;

function isOfType(type: Definition['type'], value: TemplateValue): boolean {
  switch (type) {
    case 'string':
      return typeof value === 'string';
    case 'integer':
      return Number.isSafeInteger(value);
    case 'number':
      return Number.isFinite(value);
    case 'boolean':
      return typeof value === 'boolean';
  }
}

function rangeRule(value: number, minimum: number | undefined, maximum: number | undefined): string | null {
  const isInside = value >= (minimum ?? value) && value <= (maximum ?? value);
  if (isInside) return null;
  if (minimum !== undefined && maximum !== undefined) return `must be ${minimum} to ${maximum}`;
  return minimum === undefined ? `must be at most ${maximum}` : `must be at least ${minimum}`;
}
