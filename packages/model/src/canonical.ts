/**
 * JSON in its one canonical spelling, so that equal values are equal bytes.
 *
 * Source: RFC 8785.
 */
import canonicalize from 'canonicalize';
import { GuiseError } from './errors.ts';
import type { Json } from './json.ts';

/** Throws: `argument_invalid` for what JSON cannot hold, such as NaN or half of a surrogate pair. */
export function canonicalJson(value: Json): string {
  const text = spelling(value);
  if (text !== undefined) return text;
  throw new GuiseError('argument_invalid', 'Cannot write the value as JSON: it is undefined');
}

function spelling(value: Json): string | undefined {
  try {
    return canonicalize(value);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new GuiseError('argument_invalid', `Cannot write the value as JSON: ${reason}`, { cause });
  }
}
