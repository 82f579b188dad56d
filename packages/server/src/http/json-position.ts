/**
 * Where a value stands in a JSON text, for messages about requests.
 *
 * Shape: the text of a valid JSON document and a path → 1-based line and column of the value there, or of the nearest value above
 * it that is there. Linear in the text; never throws.
 */
export interface JsonPosition {
  readonly line: number;
  readonly column: number;
}

interface Frame {
  readonly isArray: boolean;
  /** The key or index whose value comes next; null while a key is awaited. */
  key: string | null;
}

/** A string, a structural character, or a bare word. */
const tokenPattern = /"(?:[^"\\]|\\.)*"|[{}[\]:,]|[^\s{}[\]:,"]+/g;

export function positionIn(text: string, path: readonly PropertyKey[]): JsonPosition {
  const wanted = path.map(String);
  const frames: Frame[] = [];
  let best = { depth: -1, offset: 0 };
  for (const { 0: token, index } of text.matchAll(tokenPattern)) {
    const frame = frames.at(-1);
    if (token === ':') continue;
    if (token === ',') {
      if (frame !== undefined) frame.key = frame.isArray ? String(Number(frame.key) + 1) : null;
    } else if (token === '}' || token === ']') {
      frames.pop();
    } else if (frame !== undefined && !frame.isArray && frame.key === null) {
      frame.key = unquoted(token);
    } else {
      if (frames.length > best.depth && frames.every(({ key }, depth) => key === wanted[depth])) {
        best = { depth: frames.length, offset: index };
      }
      if (token === '{') frames.push({ isArray: false, key: null });
      if (token === '[') frames.push({ isArray: true, key: '0' });
    }
  }
  return lineAndColumn(text, best.offset);
}

export function lineAndColumn(text: string, offset: number): JsonPosition {
  const before = text.slice(0, offset);
  return { line: before.split('\n').length, column: offset - before.lastIndexOf('\n') };
}

function unquoted(token: string): string {
  try {
    return String(JSON.parse(token));
  } catch {
    return token;
  }
}
