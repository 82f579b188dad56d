/**
 * The root of a log that is read once from its beginning, in memory that grows with the logarithm of its length.
 *
 * It keeps the hash of each whole subtree that nothing larger covers.
 */
import type { Sha256 } from './tree-hash.ts';
import { nodeHash } from './tree-hash.ts';
import { rangeRoot } from './tree-ranges.ts';

export class CompactRange {
  readonly #sha256: Sha256;
  readonly #peaks: Uint8Array[];
  #size: number;

  constructor(sha256: Sha256, begun?: CompactRange) {
    this.#sha256 = sha256;
    this.#peaks = begun === undefined ? [] : [...begun.#peaks];
    this.#size = begun?.size ?? 0;
  }

  get size(): number {
    return this.#size;
  }

  append(leaf: Uint8Array): void {
    let hash = leaf;
    for (let rest = this.#size; rest % 2 === 1; rest = (rest - 1) / 2) {
      hash = nodeHash(this.#sha256, this.#peaks.pop()!, hash);
    }
    this.#peaks.push(hash);
    this.#size += 1;
  }

  root(): Uint8Array {
    return rangeRoot(this.#sha256, this.#peaks);
  }

  /** One that goes on by itself. */
  fork(): CompactRange {
    return new CompactRange(this.#sha256, this);
  }
}

export function rootOf(sha256: Sha256, leaves: Iterable<Uint8Array>): Uint8Array {
  const range = new CompactRange(sha256);
  for (const leaf of leaves) range.append(leaf);
  return range.root();
}
