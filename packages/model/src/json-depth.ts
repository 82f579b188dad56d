/**
 * Where a JSON text is nested deeper than `limits.jsonDepth`, before anything recursive looks at it.
 *
 * Shape: text → offset of the bracket that is one too many, or null. Takes time linear in the text; of a text that is no JSON the answer
 * means nothing, and the parser finds out.
 */
import { limits } from './limits.ts';

export function tooDeepAt(text: string, depthMax: number = limits.jsonDepth): number | null {
  let depth = 0;
  for (let at = 0; at < text.length; at += 1) {
    switch (text.charCodeAt(at)) {
      case quote:
        at = endOfString(text, at);
        break;
      case openBrace:
      case openBracket:
        depth += 1;
        if (depth > depthMax) return at;
        break;
      case closeBrace:
      case closeBracket:
        depth -= 1;
        break;
    }
  }
  return null;
}

const [quote, backslash] = [0x22, 0x5c];
const [openBrace, openBracket, closeBrace, closeBracket] = [0x7b, 0x5b, 0x7d, 0x5d];

/** The closing quote, or the end of the text. */
function endOfString(text: string, start: number): number {
  for (let at = text.indexOf('"', start + 1); at !== -1; at = text.indexOf('"', at + 1)) {
    let before = at;
    while (text.charCodeAt(before - 1) === backslash) before -= 1;
    if ((at - before) % 2 === 0) return at;
  }
  return text.length;
}
