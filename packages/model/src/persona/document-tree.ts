/**
 * From YAML text (JSON is YAML) to plain values, with the position of every one of them.
 *
 * The position of a mapping's entry is its key's, that of a list's entry is the value's own.
 * Refused: what the parser warns about, duplicate keys, keys that are not text, merge keys, `__proto__`, numbers that a double
 * cannot hold, more than one document, more than `limits.documentNodes` values or `limits.documentDepth` levels.
 */
import {
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parseDocument,
  type Scalar,
  type YAMLMap,
} from 'yaml';
import type { Problem } from '../errors.ts';
import { limits } from '../limits.ts';
import { refusedByGate } from './document-gate.ts';
import { type Position, problemOf, quotedPath } from './problem.ts';
import type { Positions } from './resolved.ts';

export interface DocumentTree {
  /** Undefined when the text could not be read; then `problems` says why. */
  readonly value: unknown;
  readonly positions: Positions;
  /** How numbers, booleans and nulls were written, by path: `mode: 0644` arrives as 644. */
  readonly sources: ReadonlyMap<string, string>;
  readonly problems: readonly Problem[];
}

export function documentTree(text: string, file: string): DocumentTree {
  return new TreeBuilder(text, file).build();
}

class TreeBuilder {
  readonly #text: string;
  readonly #file: string;
  readonly #lines = new LineCounter();
  readonly #positions: Record<string, Position> = {};
  readonly #sources = new Map<string, string>();
  readonly #problems: Problem[] = [];
  #nodes = 0;
  #isTooMuch = false;

  constructor(text: string, file: string) {
    this.#text = text;
    this.#file = file;
    this.#lines.addNewLine(0);
    for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) this.#lines.addNewLine(at + 1);
  }

  build(): DocumentTree {
    const value = this.#read();
    return { value, positions: this.#positions, sources: this.#sources, problems: this.#problems };
  }

  #read(): unknown {
    const refused = refusedByGate(this.#text);
    if (refused !== null) {
      this.#refuse(refused.offset, '', refused.rule, refused.found);
      return undefined;
    }
    const document = parseDocument(this.#text, {
      version: '1.2',
      schema: 'core',
      merge: false,
      // The parser's own check compares every key with every other; `#entry` looks keys up.
      uniqueKeys: false,
      prettyErrors: false,
      logLevel: 'error',
    });
    for (const { code, pos, message } of [...document.errors, ...document.warnings].slice(0, limits.problemsReported)) {
      const reason = code === 'MULTIPLE_DOCS' ? 'a second document begins here' : message.split('\n')[0];
      const sentence = `Cannot read the document as YAML: ${reason}`;
      this.#report(pos[0], '', 'must be YAML 1.2', sentence);
    }
    if (this.#problems.length > 0) return undefined;
    const value = this.#value(document.contents, '', 0);
    return this.#isTooMuch ? undefined : value;
  }

  #value(node: Node | null, path: string, depth: number): unknown {
    this.#nodes += 1;
    if (this.#nodes > limits.documentNodes || depth > limits.documentDepth) return this.#tooMuch(node, path, depth);
    if (isMap(node)) return this.#mapping(node, path, depth);
    if (isSeq(node)) {
      return node.items.map((item, index) => {
        const itemPath = path === '' ? String(index) : `${path}.${index}`;
        this.#positions[itemPath] = this.#position(offsetOf(item as Node));
        return this.#value(item as Node, itemPath, depth + 1);
      });
    }
    return isScalar(node) ? this.#scalar(node, path) : null;
  }

  #mapping(node: YAMLMap, path: string, depth: number): unknown {
    const entries: Record<string, unknown> = {};
    for (const pair of node.items) this.#entry(pair as Pair<Node, Node | null>, entries, path, depth);
    return entries;
  }

  #entry(pair: Pair<Node, Node | null>, entries: Record<string, unknown>, path: string, depth: number): void {
    const key = this.#key(pair.key, path);
    if (key === undefined) return;
    const entryPath = path === '' ? key : `${path}.${key}`;
    const offset = offsetOf(pair.key);
    if (Object.hasOwn(entries, key)) {
      const [line, column] = this.#positions[entryPath] ?? [1, 1];
      const sentence = `Cannot set ${quotedPath(entryPath)}: the key stands here twice, first at ${this.#file}:${line}:${column}`;
      this.#report(offset, entryPath, 'must not stand twice', sentence);
      return;
    }
    this.#positions[entryPath] = this.#position(offset);
    entries[key] = this.#value(pair.value, entryPath, depth + 1);
  }

  #key(node: Node | null, path: string): string | undefined {
    const offset = offsetOf(node);
    if (isScalar(node) && typeof node.value === 'string') {
      if (node.value === '__proto__') return this.#refuseKey(offset, path, 'must not be "__proto__"', '"__proto__"');
      if (node.value === '<<' && node.type === 'PLAIN') {
        return this.#refuseKey(
          offset,
          path,
          'must not be a merge key (a persona builds on others by "extends")',
          '"<<"',
        );
      }
      return this.#isText(node.value, offset, path) ? node.value : undefined;
    }
    if (isScalar(node)) {
      const source = node.source ?? String(node.value);
      const found = source === '' ? 'empty' : source;
      return this.#refuseKey(offset, path, 'must be text', found, source === '' ? undefined : JSON.stringify(source));
    }
    const excerpt = this.#text.slice(offset - 1, offset + 60).split('}}')[0] ?? '';
    const isBareTemplate = excerpt.startsWith('{{');
    const suggestion = isBareTemplate ? `${JSON.stringify(`${excerpt.split('\n')[0]}}}`)} in quotes` : undefined;
    return this.#refuseKey(offset, path, 'must be text', isMap(node) ? 'a mapping' : 'a list', suggestion);
  }

  #scalar({ value, source, range }: Scalar, path: string): unknown {
    const offset = range?.[0] ?? 0;
    if (typeof value === 'string') return this.#isText(value, offset, path) ? value : undefined;
    this.#sources.set(path, source ?? '');
    if (typeof value !== 'number') return value;
    const isExact = Number.isSafeInteger(value) || (Number.isFinite(value) && !/^[-+]?\d+$/.test(source ?? ''));
    if (isExact) return value === 0 ? 0 : value;
    return this.#refuse(offset, path, 'must be a number that a double holds exactly', `is ${source ?? String(value)}`);
  }

  #isText(value: string, offset: number, path: string): boolean {
    const hasNul = value.includes('\0');
    if (!hasNul && value.isWellFormed()) return true;
    const found = hasNul ? 'has a NUL' : 'has half of a pair';
    this.#refuse(offset, path, 'must be text without NUL and with whole surrogate pairs', found);
    return false;
  }

  /** Said once: of a document that is too large nothing else is looked at. */
  #tooMuch(node: Node | null, path: string, depth: number): undefined {
    if (this.#isTooMuch) return;
    this.#isTooMuch = true;
    const isDeep = depth > limits.documentDepth;
    const rule = isDeep
      ? `must be nested at most ${limits.documentDepth} deep`
      : `must have at most ${limits.documentNodes} values`;
    this.#refuse(offsetOf(node), isDeep ? path : '', rule, isDeep ? 'is deeper' : 'has more');
  }

  #refuse(offset: number, path: string, rule: string, found: string): undefined {
    const subject = path === '' ? 'Cannot read the document: it' : `Cannot set ${quotedPath(path)}: the value`;
    this.#report(offset, path, rule, `${subject} ${rule}, and it ${found}`);
  }

  #refuseKey(offset: number, path: string, rule: string, found: string, suggestion?: string): undefined {
    const place = path === '' ? 'the document' : quotedPath(path);
    this.#report(offset, path, rule, `Cannot read a key of ${place}: the key ${rule}, and it is ${found}`, suggestion);
  }

  #report(offset: number, path: string, rule: string, sentence: string, suggestion?: string): void {
    this.#problems.push(problemOf({ file: this.#file, at: this.#position(offset), path, rule, sentence, suggestion }));
  }

  #position(offset: number): Position {
    const { line, col } = this.#lines.linePos(offset);
    return [line, col];
  }
}

function offsetOf(node: Node | null): number {
  return node?.range?.[0] ?? 0;
}
