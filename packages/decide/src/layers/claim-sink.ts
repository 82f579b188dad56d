/**
 * Where facets put what they read: claims, contents and refusals of one document of one layer.
 *
 * Invariant: one document says one thing about one field; a second, different one is refused with both places.
 */
import type { Address, Digest, ErrorCode, Json, LayerRef, LocatedDocument, Problem, SecretContent } from '@guise/model';
import { canonicalJson, durationMs, limits, recipePrefix } from '@guise/model';
import { equalJson } from '../kinds/difference.ts';
import type { Claim, Operand, Position } from './claim.ts';

/** A list, or operators on the list below, as documents write it. */
export type ListEntry<Item> =
  | readonly Item[]
  | { readonly append?: readonly Item[] | undefined; readonly remove?: readonly Item[] | undefined };
/** A number, or bounds on the number below. */
export type Bounded = number | { readonly at_least?: number | undefined; readonly at_most?: number | undefined };

export interface Refusal {
  readonly code: ErrorCode;
  readonly problem: Problem;
}

export interface ClaimSinkOptions {
  readonly layer: LayerRef;
  /** Of the document among the persona's own: ancestors count from 0 up. */
  readonly depth: number;
  readonly located: LocatedDocument;
  /** SHA-256. */
  readonly digestOf: (bytes: Uint8Array) => Digest;
}

export class ClaimSink {
  readonly claims: Claim[] = [];
  readonly blobs = new Map<Digest, Uint8Array>();
  readonly secretContents = new Map<Digest, SecretContent>();
  readonly refusals: Refusal[] = [];
  readonly #layer: LayerRef;
  readonly #depth: number;
  readonly #located: LocatedDocument;
  readonly #digestOf: (bytes: Uint8Array) => Digest;
  readonly #said = new Map<string, Claim>();

  constructor({ layer, depth, located, digestOf }: ClaimSinkOptions) {
    this.#layer = layer;
    this.#depth = depth;
    this.#located = located;
    this.#digestOf = digestOf;
  }

  /** `path` is where the document says so; nothing is claimed for undefined. */
  set(address: Address, field: string, value: Json | undefined, path: string): void {
    if (value !== undefined) this.operate(address, field, [{ set: value }], path);
  }

  bounded(address: Address, field: string, value: Bounded | undefined, path: string, unit = 1): void {
    const operands: Operand[] = [];
    const bounds = typeof value === 'number' ? undefined : value;
    if (typeof value === 'number') operands.push({ set: Math.round(value * unit) });
    if (bounds?.at_least !== undefined) operands.push({ at_least: Math.round(bounds.at_least * unit) });
    if (bounds?.at_most !== undefined) operands.push({ at_most: Math.round(bounds.at_most * unit) });
    if (operands.length > 0) this.operate(address, field, operands, path);
  }

  list<Item>(
    address: Address,
    field: string,
    entry: ListEntry<Item> | undefined,
    path: string,
    jsonOf: (item: Item) => Json,
  ): void {
    if (entry === undefined) return;
    const operands: Operand[] = [];
    if ('map' in entry) operands.push({ set: entry.map(jsonOf) });
    else {
      if (entry.append !== undefined) operands.push({ append: entry.append.map(jsonOf) });
      if (entry.remove !== undefined) operands.push({ remove: entry.remove.map(jsonOf) });
    }
    if (operands.length > 0) this.operate(address, field, operands, path);
  }

  operate(address: Address, field: string, operands: readonly Operand[], path: string): void {
    const claim = { address, field, operands, layer: this.#layer, depth: this.#depth, at: this.positionOf(path) };
    const key = `${address}\n${field}`;
    const said = this.#said.get(key);
    if (said === undefined) {
      this.#said.set(key, claim);
      this.claims.push(claim);
    } else if (!equalJson(said.operands as Json, operands as Json)) {
      const first = `${said.at.file}:${said.at.line}:${said.at.column}`;
      this.refuse(path, `must agree with ${said.at.path}`, `${address} is already given another ${field} at ${first}`);
    }
  }

  /** Keeps text as content to be written, and names it. */
  content(text: string): Digest {
    const bytes = new TextEncoder().encode(text);
    const digest = this.#digestOf(bytes);
    this.blobs.set(digest, bytes);
    return digest;
  }

  /** Keeps how content is made of text and secrets, and names it. */
  secretContent(content: SecretContent): Digest {
    const bytes = new TextEncoder().encode(canonicalJson(content as Json));
    const digest = `${recipePrefix}${this.#digestOf(bytes)}` as Digest;
    this.secretContents.set(digest, content);
    return digest;
  }

  /** Null when the document has plain text there. */
  secretContentAt(path: string): SecretContent | null {
    return this.#located.secretContents?.[path] ?? null;
  }

  /** In ms; the limit is a duration's and is named by the rule that it breaks. */
  duration(text: string | undefined, byDefaultMs: number, path: string): number {
    if (text === undefined) return byDefaultMs;
    const ms = durationMs(text);
    if (ms > limits.testTimeoutMs)
      this.refuse(path, `must be at most ${limits.testTimeoutMs / 1000}s`, `it is ${text}`);
    return ms;
  }

  /** `found` completes "the value must …, and …". */
  refuse(path: string, rule: string, found: string, code: ErrorCode = 'document_invalid'): void {
    const at = this.positionOf(path);
    const message = `Cannot set ${JSON.stringify(path)}: the value ${rule}, and ${found} (${at.file}:${at.line}:${at.column})`;
    this.refusals.push({ code, problem: { ...at, rule, message } });
  }

  /** Of the path, or of the nearest thing around it that has a place. */
  positionOf(path: string): Position {
    const { file, positions } = this.#located;
    for (let known = path; known !== ''; known = known.slice(0, Math.max(known.lastIndexOf('.'), 0))) {
      const position = positions[known];
      if (position !== undefined) return { file, line: position[0], column: position[1], path };
    }
    return { file, line: 1, column: 1, path };
  }
}
