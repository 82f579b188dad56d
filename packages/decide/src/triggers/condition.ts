/**
 * CEL conditions over events. Loaded only where a document has one: the library is as large as all the rest of an agent at rest.
 *
 * `event` has the attributes of the CloudEvent, and the fields of its data beside them where no attribute has the name; numbers are
 * doubles, as CEL maps JSON. A condition that fails while it runs does not hold.
 * Bounds: the text by the document's schema, nesting of `all`, `exists`, `map` and `filter` by `conditionDepth`; RE2 for `matches`.
 * Source: https://github.com/google/cel-spec, "JSON data conversion".
 */
import { type CelInput, CelScalar, celEnv, parse, plan } from '@bufbuild/cel';
import type { CloudEvent } from '@guise/model';
import type { Condition } from './compiled.ts';
import { typeErrorOf } from './condition-type.ts';

const env = celEnv({ variables: { event: CelScalar.DYN } });

/** The rule that a condition breaks, or null. */
export function conditionRule(text: string): string | null {
  try {
    const error = typeErrorOf(parse(text), [...env.funcs]);
    return error === null ? null : `must be a CEL condition; ${error.reason}${placeIn(text, error.offset)}`;
  } catch (error) {
    const { rawMessage, message, location } = error as ParseError;
    return `must be a CEL condition; ${rawMessage ?? message}${placeIn(text, location?.start.offset)}`;
  }
}

/** For text without a rule to break. */
export function conditionOf(text: string): Condition {
  const evaluate = plan(env, parse(text));
  return (event) => evaluate({ event: inputOf(event) }) === true;
}

interface ParseError extends Error {
  readonly rawMessage?: string;
  readonly location?: { readonly start: { readonly offset: number } };
}

function inputOf(event: CloudEvent): CelInput {
  const { data } = event;
  const isMapping = typeof data === 'object' && data !== null && !Array.isArray(data);
  const attributes = Object.entries(event).filter(([, value]) => value !== undefined);
  return { ...(isMapping ? (data as object) : {}), ...Object.fromEntries(attributes) } as CelInput;
}

function placeIn(text: string, offset: number | undefined): string {
  if (offset === undefined) return '';
  const [line, column] = [text.slice(0, offset).split('\n').length, offset - text.lastIndexOf('\n', offset - 1)];
  return line === 1 ? ` at character ${column}` : ` at line ${line}, character ${column} of it`;
}
