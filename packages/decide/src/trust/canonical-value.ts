/**
 * Reads JSON that must be in its canonical spelling, without letting its size or depth cost more than reading it.
 *
 * Shape: UTF-8 bytes or text → a value; equal values are equal bytes, so nothing can be changed that means nothing.
 * Throws: what `refuse` makes of the reason.
 * Source: RFC 8785.
 */
import { canonicalJson, type Json } from '@guise/model';
import type { Refuse } from './refusal.ts';

export interface JsonBounds {
  readonly sizeBytes: number;
  readonly depth: number;
  readonly values: number;
}

export function canonicalValue(input: Uint8Array | string, bounds: JsonBounds, refuse: Refuse): Json {
  if (input.length > bounds.sizeBytes)
    throw refuse(`it may have ${bounds.sizeBytes} bytes, and it has ${input.length}`);
  const text = typeof input === 'string' ? input : decoded(input, refuse);
  const excess = excessOf(text, bounds);
  if (excess !== null) throw refuse(excess);
  const value = parsed(text, refuse);
  // No document needs such a key, and code that copies objects takes it for something else.
  if (text.includes('"__proto__":')) throw refuse('it has the key "__proto__"');
  if (spelled(value) !== text) throw refuse('it is not canonical JSON (RFC 8785)');
  return value;
}

function decoded(bytes: Uint8Array, refuse: Refuse): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw refuse('it is not UTF-8');
  }
}

function parsed(text: string, refuse: Refuse): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    throw refuse('it is not JSON');
  }
}

/** Null for what has no canonical spelling, such as half of a surrogate pair. */
function spelled(value: Json): string | null {
  try {
    return canonicalJson(value);
  } catch {
    return null;
  }
}

/** Counts brackets and commas outside of strings, before a parser makes objects of them. */
function excessOf(text: string, { depth, values }: JsonBounds): string | null {
  let open = 0;
  let found = 1;
  for (let index = 0; index < text.length; index += 1) {
    switch (text.charAt(index)) {
      case '"':
        index = endOfString(text, index);
        break;
      case '[':
      case '{':
        open += 1;
        found += 1;
        if (open > depth) return `its values are more than ${depth} deep`;
        break;
      case ']':
      case '}':
        open -= 1;
        break;
      case ',':
        found += 1;
        if (found > values) return `it has more than ${values} values`;
        break;
    }
  }
  return null;
}

/** The closing quote's place; past the end when there is none. */
function endOfString(text: string, start: number): number {
  let end = text.indexOf('"', start + 1);
  while (end !== -1 && isEscaped(text, end)) end = text.indexOf('"', end + 1);
  return end === -1 ? text.length : end;
}

function isEscaped(text: string, quote: number): boolean {
  let first = quote;
  while (text[first - 1] === '\\') first -= 1;
  return (quote - first) % 2 === 1;
}
