/**
 * Looks at the words of a YAML text before anything is built from them, and refuses what a persona never needs and what
 * would make building it slow: anchors, aliases, tags, directives, deep nesting, too many words.
 *
 * Takes time linear in the text. What passes is bounded enough for the recursive parser behind it.
 * Source: https://yaml.org/spec/1.2.2/; the `yaml` package's Lexer.
 */
import { CST, Lexer } from 'yaml';
import { limits } from '../limits.ts';

export interface GateFinding {
  readonly offset: number;
  /** Both are clauses about the document: `must not have aliases`, `has "*a"`. */
  readonly rule: string;
  readonly found: string;
}

/** A key and its value are some eight words: the key, a colon, a blank, the value, a line end and the markers between. */
const wordsMax = limits.documentNodes * 8;
/** Eight columns a level is the widest indentation that people use. */
const indentMax = limits.documentDepth * 8;
const depthRule = `must be nested at most ${limits.documentDepth} deep`;

/** The first thing refused, or null. */
export function refusedByGate(text: string): GateFinding | null {
  let offset = 0;
  let words = 0;
  let isScalarNext = false;
  let isLineStart = true;
  let flowDepth = 0;
  let indicatorsInLine = 0;
  for (const word of new Lexer().lex(text)) {
    words += 1;
    const at = offset;
    const refuse = (rule: string, found: string): GateFinding => ({ offset: at, rule, found });
    if (words > wordsMax) return refuse(`must have at most ${limits.documentNodes} values`, 'has more');
    const type: ReturnType<typeof CST.tokenType> | 'content' = isScalarNext ? 'content' : CST.tokenType(word);
    isScalarNext = type === 'scalar';
    if (type === 'scalar' || type === 'doc-mode' || type === 'flow-error-end') continue;
    offset += word.length;
    const excerpt = `has ${JSON.stringify(word.trim().slice(0, 40))}`;
    switch (type) {
      case 'anchor':
        return refuse('must not have anchors', excerpt);
      case 'alias':
        return refuse('must not have aliases', excerpt);
      case 'tag':
        return refuse('must not have tags', excerpt);
      case 'directive-line':
        return refuse('must not have directives', excerpt);
      case 'newline':
        isLineStart = true;
        indicatorsInLine = 0;
        continue;
      case 'space':
        if (isLineStart) continue;
        break;
      case 'flow-map-start':
      case 'flow-seq-start':
        flowDepth += 1;
        break;
      case 'flow-map-end':
      case 'flow-seq-end':
        flowDepth -= 1;
        break;
      case 'seq-item-ind':
      case 'explicit-key-ind':
        indicatorsInLine += 1;
        break;
    }
    const isDeep = flowDepth > limits.documentDepth || indicatorsInLine > limits.documentDepth;
    const column = isLineStart && flowDepth === 0 && type !== 'comment' ? at - text.lastIndexOf('\n', at - 1) : 0;
    if (isDeep || column > indentMax) return refuse(depthRule, 'is deeper');
    isLineStart = false;
  }
  return null;
}
