/**
 * Which parts of a tree a proof is made of, and which whole subtrees those parts are.
 *
 * A proof is a list of roots of ranges of leaves. Whoever keeps hashes of whole subtrees can make any of these roots from few of them:
 * a range that begins at a multiple of its own subtrees falls into at most one of each height.
 * Shape: sizes and indexes are whole numbers below 2⁵³; ranges are in the order of the proof.
 * Source: RFC 6962, 2.1.1 and 2.1.2.
 */
import type { Sha256 } from './tree-hash.ts';
import { emptyRoot, nodeHash } from './tree-hash.ts';

/** Leaves `from` to `to`, without the last. */
export interface LeafRange {
  readonly from: number;
  readonly to: number;
}

/** The whole subtree of 2^height leaves that is the `place`th of its height. */
export interface TreeNode {
  readonly height: number;
  readonly place: number;
}

/** That the leaf at `index` is in the tree of `size` leaves. Needs `index` < `size`. */
export function inclusionRanges(index: number, size: number): readonly LeafRange[] {
  const ranges: LeafRange[] = [];
  for (let [from, to] = [0, size]; to - from > 1; ) {
    const middle = from + splitOf(to - from);
    ranges.push(index < middle ? { from: middle, to } : { from, to: middle });
    [from, to] = index < middle ? [from, middle] : [middle, to];
  }
  return ranges.reverse();
}

/** That the tree of `to` leaves begins with that of `from`. Needs `from` ≤ `to`; nothing to prove when it is 0 or `to`. */
export function consistencyRanges(from: number, to: number): readonly LeafRange[] {
  if (from === 0 || from === to) return [];
  const ranges: LeafRange[] = [];
  let [start, end] = [0, to];
  let isKnown = true;
  while (end !== from) {
    const middle = start + splitOf(end - start);
    if (from <= middle) {
      ranges.push({ from: middle, to: end });
      end = middle;
    } else {
      ranges.push({ from: start, to: middle });
      start = middle;
      isKnown = false;
    }
  }
  // The root that the other side has already is left out of the proof.
  if (!isKnown) ranges.push({ from: start, to: end });
  return ranges.reverse();
}

/** The whole subtrees that a range of a proof, or a tree from its first leaf, falls into. */
export function wholeNodes({ from, to }: LeafRange): readonly TreeNode[] {
  const nodes: TreeNode[] = [];
  for (let start = from; start < to; ) {
    let height = 0;
    let leaves = 1;
    while (start % (leaves * 2) === 0 && start + leaves * 2 <= to) {
      leaves *= 2;
      height += 1;
    }
    nodes.push({ height, place: start / leaves });
    start += leaves;
  }
  return nodes;
}

/** The root of a range from the hashes of its whole subtrees, in their order. */
export function rangeRoot(sha256: Sha256, hashes: readonly Uint8Array[]): Uint8Array {
  return hashes.length === 0 ? emptyRoot(sha256) : hashes.reduceRight((right, left) => nodeHash(sha256, left, right));
}

/** The largest power of two that is less. */
function splitOf(size: number): number {
  let split = 1;
  while (split * 2 < size) split *= 2;
  return split;
}
