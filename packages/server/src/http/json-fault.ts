/**
 * Where a text stops being JSON, which the engine's own parser does not always tell.
 *
 * Shape: text → offset of the first token that cannot stand there, the text's length when it ends too soon, null when it is JSON.
 * Linear in the text; never throws. Source: RFC 8259.
 */
type Expected = 'value' | 'value or ]' | 'key' | 'key or }' | ':' | ', or end' | 'nothing';

const blank = /[ \t\n\r]*/y;
/** Control characters are out, but for the later ones, which JSON allows. */
const string = /"(?:[^"\\\p{Cc}]|[\u007f-\u009f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/uy;
const scalar = /(?:-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)(?![\w.+-])/y;

export function jsonFault(text: string): number | null {
  const open: ('{' | '[')[] = [];
  let expected: Expected = 'value';
  for (let offset = after(blank, text, 0) ?? 0; offset < text.length; offset = after(blank, text, offset) ?? offset) {
    const { kind, end } = tokenAt(text, offset);
    const next: Expected | null = step(expected, kind, open);
    if (next === null) return offset;
    expected = next;
    offset = end;
  }
  return expected === 'nothing' ? null : text.length;
}

/** A kind is `string`, `scalar`, or the character itself. */
function tokenAt(text: string, offset: number): { readonly kind: string; readonly end: number } {
  const stringEnd = after(string, text, offset);
  if (stringEnd !== null) return { kind: 'string', end: stringEnd };
  const scalarEnd = after(scalar, text, offset);
  if (scalarEnd !== null) return { kind: 'scalar', end: scalarEnd };
  return { kind: text.charAt(offset), end: offset + 1 };
}

/** What may follow, or null when this token may not stand here. */
function step(expected: Expected, kind: string, open: ('{' | '[')[]): Expected | null {
  const closed = () => (open.length === 0 ? 'nothing' : ', or end');
  switch (expected) {
    case 'nothing':
      return null;
    case ':':
      return kind === ':' ? 'value' : null;
    case 'key or }':
    case 'key':
      if (kind === '}' && expected === 'key or }') return close(open, '{', closed);
      return kind === 'string' ? ':' : null;
    case ', or end':
      if (kind === ',') return open.at(-1) === '{' ? 'key' : 'value';
      if (kind === '}') return close(open, '{', closed);
      return kind === ']' ? close(open, '[', closed) : null;
    case 'value or ]':
    case 'value':
      if (kind === ']' && expected === 'value or ]') return close(open, '[', closed);
      if (kind === '{' || kind === '[') {
        open.push(kind);
        return kind === '{' ? 'key or }' : 'value or ]';
      }
      return kind === 'string' || kind === 'scalar' ? closed() : null;
  }
}

function close(open: ('{' | '[')[], bracket: '{' | '[', closed: () => Expected): Expected | null {
  return open.pop() === bracket ? closed() : null;
}

/** Where a match that begins at the offset ends. */
function after(pattern: RegExp, text: string, offset: number): number | null {
  pattern.lastIndex = offset;
  return pattern.test(text) ? pattern.lastIndex : null;
}
