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

const neverNeeded: { readonly [type: string]: string } = {
  anchor: 'must not have anchors',
  alias: 'must not have aliases',
  tag: 'must not have tags',
  'directive-line': 'must not have directives',
};
/** What each word does to the nesting inside `[…]` and `{…}`. */
const flowSteps: { readonly [type: string]: number } = {
  'flow-map-start': 1,
  'flow-seq-start': 1,
  'flow-map-end': -1,
  'flow-seq-end': -1,
};
/** Each of these in one line begins a collection inside the one before it. */
const indicators: ReadonlySet<string> = new Set(['seq-item-ind', 'explicit-key-ind']);
/** Marks between words that stand nowhere in the text. */
const marks: ReadonlySet<string> = new Set(['scalar', 'doc-mode', 'flow-error-end']);

/** The first thing refused, or null. */
export function refusedByGate(text: string): GateFinding | null {
  let offset = 0;
  let words = 0;
  let isScalarNext = false;
  let isLineStart = true;
  let flowDepth = 0;
  let indicatorsInLine = 0;
  for (const word of new Lexer().lex(text)) {
    const at = offset;
    words += 1;
    if (words > wordsMax) return { offset: at, rule: `must have at most ${wordsMax} YAML tokens`, found: 'has more' };
    const type: string = isScalarNext ? 'content' : (CST.tokenType(word) ?? 'content');
    isScalarNext = type === 'scalar';
    if (marks.has(type)) continue;
    offset += word.length;
    const rule = neverNeeded[type];
    if (rule !== undefined) return { offset: at, rule, found: `has ${JSON.stringify(word.trim().slice(0, 40))}` };
    if (type === 'newline') {
      isLineStart = true;
      indicatorsInLine = 0;
      continue;
    }
    if (type === 'space' && isLineStart) continue;
    flowDepth += flowSteps[type] ?? 0;
    if (indicators.has(type)) indicatorsInLine += 1;
    const beginsLine = isLineStart && flowDepth === 0 && type !== 'comment';
    const column = beginsLine ? at - text.lastIndexOf('\n', at - 1) : 0;
    isLineStart = false;
    if (Math.max(flowDepth, indicatorsInLine) <= limits.documentDepth && column <= indentMax) continue;
    return { offset: at, rule: `must be nested at most ${limits.documentDepth} deep`, found: 'is deeper' };
  }
  return null;
}
