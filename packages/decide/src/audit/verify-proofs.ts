/**
 * Whether a proof proves what it is said to. Never throws, whatever the proof holds: it comes from whoever is not believed.
 *
 * Source: RFC 9162, 2.1.3.2 and 2.1.4.2, for the trees of RFC 6962.
 */
import type { Sha256 } from './tree-hash.ts';
import { nodeHash, sameHash } from './tree-hash.ts';

export interface InclusionClaim {
  readonly leaf: Uint8Array;
  readonly index: number;
  readonly size: number;
  readonly root: Uint8Array;
  readonly proof: readonly Uint8Array[];
}

export function verifyInclusion(sha256: Sha256, { leaf, index, size, root, proof }: InclusionClaim): boolean {
  if (!isCount(index) || !isCount(size) || index >= size) return false;
  const path = new Path(index, size - 1);
  let hash = leaf;
  for (const sibling of proof) {
    if (path.isAtTop) return false;
    const isLeft = path.step();
    hash = isLeft ? nodeHash(sha256, sibling, hash) : nodeHash(sha256, hash, sibling);
  }
  return path.isAtTop && sameHash(hash, root);
}

export interface ConsistencyClaim {
  readonly from: number;
  readonly fromRoot: Uint8Array;
  readonly to: number;
  readonly toRoot: Uint8Array;
  readonly proof: readonly Uint8Array[];
}

/** That the log of `to` entries begins with the one of `from`. Every log begins with the empty one. */
export function verifyConsistency(sha256: Sha256, claim: ConsistencyClaim): boolean {
  const { from, fromRoot, to, toRoot, proof } = claim;
  if (!isCount(from) || !isCount(to) || from > to) return false;
  if (from === 0) return proof.length === 0;
  if (from === to) return proof.length === 0 && sameHash(fromRoot, toRoot);
  const path = new Path(from - 1, to - 1);
  path.skipRight();
  // Where the old tree is one whole subtree, its root is what the proof begins with.
  const [first, ...rest] = isPowerOfTwo(from) ? [fromRoot, ...proof] : proof;
  if (first === undefined) return false;
  let [older, newer] = [first, first];
  for (const sibling of rest) {
    if (path.isAtTop) return false;
    if (path.step()) {
      older = nodeHash(sha256, sibling, older);
      newer = nodeHash(sha256, sibling, newer);
    } else {
      newer = nodeHash(sha256, newer, sibling);
    }
  }
  return path.isAtTop && sameHash(older, fromRoot) && sameHash(newer, toRoot);
}

/** The way up from a node, beside the way up from the last one of its height. */
class Path {
  #node: number;
  #last: number;

  constructor(node: number, last: number) {
    this.#node = node;
    this.#last = last;
  }

  get isAtTop(): boolean {
    return this.#last === 0;
  }

  /** To the first node on the way that is a left one. */
  skipRight(): void {
    while (this.#node % 2 === 1) this.#up();
  }

  /** One height up, past those where the last node has no sibling. Whether the sibling is on the left. */
  step(): boolean {
    const isLeft = this.#node % 2 === 1 || this.#node === this.#last;
    if (isLeft) while (this.#node % 2 === 0 && this.#node !== 0) this.#up();
    this.#up();
    return isLeft;
  }

  #up(): void {
    this.#node = Math.floor(this.#node / 2);
    this.#last = Math.floor(this.#last / 2);
  }
}

function isCount(number: number): boolean {
  return Number.isSafeInteger(number) && number >= 0;
}

function isPowerOfTwo(number: number): boolean {
  let power = 1;
  while (power < number) power *= 2;
  return power === number;
}
