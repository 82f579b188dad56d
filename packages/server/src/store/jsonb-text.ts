/**
 * A value as the JSON text that PostgreSQL's jsonb takes.
 *
 * jsonb refuses the NUL character and halves of surrogate pairs, which JSON allows; each becomes U+FFFD. One such character from one
 * host would otherwise keep the reports of all others from being written.
 * Source: PostgreSQL, "JSON Types".
 */
export function jsonbText(value: unknown): string {
  return JSON.stringify(value).replaceAll(refusedEscape, '$1\\ufffd');
}

/** JSON.stringify writes exactly these as escapes; a backslash before it may itself be escaped. */
const refusedEscape = /(?<!\\)((?:\\\\)*)\\u(?:0000|d[89a-f][0-9a-f]{2})/g;
