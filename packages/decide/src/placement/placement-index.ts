/**
 * Finds the best host for a need among a hundred thousand without looking at each, while hosts come, go and fill up.
 *
 * Hosts are in buckets by how much of each part is free, in powers of two. A bucket is a search tree by free room, smallest first,
 * each node of which knows the most of every part that is free below it. The first host in that order that fits is the closest fit
 * (see `sizeOf`); what is smaller than the need cannot fit, what is larger than a host that was found is of no use, and where no host
 * below has enough of some part nothing is looked at. Balanced by chance that comes from ids, so that the same hosts make the same
 * trees in whatever order they came.
 *
 * Invariant: `closest` is the first of `rankHosts`. Cost: `put` and `remove` O(log n); `closest` that for each bucket that may have a
 * host that fits, and more when the selector passes over many.
 */
import { failingTerm } from './label-term.ts';
import { freeOf, type Need, type PlacementHost } from './placement-host.ts';
import { compareIds, compareSizes } from './rank-hosts.ts';
import { fitsIn, type Room, sizeOf } from './room.ts';

interface Node {
  readonly host: PlacementHost;
  readonly free: Room;
  readonly size: number;
  /** Above all nodes below it. */
  readonly height: number;
  left: Tree;
  right: Tree;
  most: Room;
}

type Tree = Node | null;
type Buckets = Map<number, Node>;

export class PlacementIndex {
  readonly #nodes = new Map<string, Node>();
  /** By what their hosts are made ready for. */
  readonly #buckets = new Map<string | null, Buckets>();

  /** New, or otherwise than before. */
  put(host: PlacementHost): void {
    this.remove(host.id);
    const free = freeOf(host);
    const node: Node = {
      host,
      free,
      size: sizeOf(free),
      height: chanceOf(host.id),
      left: null,
      right: null,
      most: free,
    };
    const buckets = this.#buckets.get(host.warmFor) ?? new Map<number, Node>();
    const bucket = bucketOf(free);
    this.#nodes.set(host.id, node);
    this.#buckets.set(host.warmFor, buckets);
    buckets.set(bucket, inserted(buckets.get(bucket) ?? null, node));
  }

  remove(id: string): void {
    const node = this.#nodes.get(id);
    const buckets = node && this.#buckets.get(node.host.warmFor);
    if (node === undefined || buckets === undefined) return;
    this.#nodes.delete(id);
    const bucket = bucketOf(node.free);
    const tree = removed(buckets.get(bucket) ?? null, node);
    if (tree === null) buckets.delete(bucket);
    else buckets.set(bucket, tree);
    if (buckets.size === 0) this.#buckets.delete(node.host.warmFor);
  }

  closest(need: Need): PlacementHost | null {
    const ready = this.#among(need.persona, need, null) ?? this.#among(null, need, null);
    if (ready !== null) return ready.host;
    let best: Tree = null;
    for (const warmFor of this.#buckets.keys()) best = this.#among(warmFor, need, best);
    return best?.host ?? null;
  }

  /** Before `best`, or else that. */
  #among(warmFor: string | null, need: Need, best: Tree): Tree {
    const size = sizeOf(need.room);
    let closest = best;
    for (const tree of this.#buckets.get(warmFor)?.values() ?? [])
      closest = firstFit(tree, need, { size, before: closest }) ?? closest;
    return closest;
  }
}

interface Bounds {
  /** Of the need. */
  readonly size: number;
  readonly before: Tree;
}

function firstFit(tree: Tree, need: Need, bounds: Bounds): Tree {
  if (tree === null || !fitsIn(need.room, tree.most)) return null;
  if (tree.size < bounds.size) return firstFit(tree.right, need, bounds);
  const found = firstFit(tree.left, need, bounds);
  if (found !== null || (bounds.before !== null && compare(tree, bounds.before) >= 0)) return found;
  if (fitsIn(need.room, tree.free) && failingTerm(tree.host.labels, need.selector) === null) return tree;
  return firstFit(tree.right, need, bounds);
}

function bucketOf({ milliCores, memoryMb, storageMb }: Room): number {
  return (levelOf(milliCores) * 64 + levelOf(memoryMb)) * 64 + levelOf(storageMb);
}

/** Doubled at each level; what has no end is above all. */
function levelOf(amount: number): number {
  return amount < 1 ? 0 : Math.min(Math.floor(Math.log2(amount)) + 1, 63);
}

function inserted(tree: Tree, node: Node): Node {
  if (tree === null) return measured(node);
  if (compareHeights(node, tree) > 0) {
    [node.left, node.right] = split(tree, node);
    return measured(node);
  }
  if (compare(node, tree) < 0) tree.left = inserted(tree.left, node);
  else tree.right = inserted(tree.right, node);
  return measured(tree);
}

function removed(tree: Tree, node: Node): Tree {
  if (tree === null) return null;
  if (tree === node) return joined(tree.left, tree.right);
  if (compare(node, tree) < 0) tree.left = removed(tree.left, node);
  else tree.right = removed(tree.right, node);
  return measured(tree);
}

/** What comes before it and what after. */
function split(tree: Tree, at: Node): [Tree, Tree] {
  if (tree === null) return [null, null];
  if (compare(tree, at) < 0) {
    const [left, right] = split(tree.right, at);
    tree.right = left;
    return [measured(tree), right];
  }
  const [left, right] = split(tree.left, at);
  tree.left = right;
  return [left, measured(tree)];
}

function joined(left: Tree, right: Tree): Tree {
  if (left === null || right === null) return left ?? right;
  if (compareHeights(left, right) > 0) {
    left.right = joined(left.right, right);
    return measured(left);
  }
  right.left = joined(left, right.left);
  return measured(right);
}

function measured(node: Node): Node {
  const { free, left, right } = node;
  const of = (part: keyof Room) =>
    Math.max(free[part], left?.most[part] ?? free[part], right?.most[part] ?? free[part]);
  node.most = { milliCores: of('milliCores'), memoryMb: of('memoryMb'), storageMb: of('storageMb') };
  return node;
}

function compare(one: Node, other: Node): number {
  return compareSizes(one.size, other.size) || compareIds(one.host.id, other.host.id);
}

function compareHeights(one: Node, other: Node): number {
  return one.height - other.height || compareIds(one.host.id, other.host.id);
}

/** FNV-1a, with a last stir, because ids are mostly alike. */
function chanceOf(id: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < id.length; at++) hash = Math.imul(hash ^ id.charCodeAt(at), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x45d9f3b);
  return (hash ^ (hash >>> 16)) >>> 0;
}
