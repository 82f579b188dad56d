/**
 * Roots and proofs of the audit log, from the hashes that are kept.
 *
 * Shape: at most two hashes for each height of the tree, each made of at most 128 that are kept.
 * Throws: `argument_invalid` for a size or an entry that the log does not have.
 */
import {
  consistencyRanges,
  inclusionRanges,
  type LeafRange,
  rangeRoot,
  rootOf,
  type TreeNode,
  wholeNodes,
} from '@guise/decide/audit';
import { GuiseError } from '@guise/model';
import { keptHeights, logSize, readKept, sha256 } from './audit-log.ts';
import type { Executor } from './database.ts';

export async function rootAt(db: Executor, size: number): Promise<Uint8Array> {
  await requireSize(db, size);
  return rootOfRange(db, { from: 0, to: size });
}

/** That the log of `to` entries begins with the one of `from`. */
export async function consistencyProof(db: Executor, from: number, to: number): Promise<readonly Uint8Array[]> {
  if (from > to) throw new GuiseError('argument_invalid', `Cannot prove that ${to} entries go on from ${from}`);
  await requireSize(db, to);
  return rootsOf(db, consistencyRanges(from, to));
}

/** That the entry at `index` is in the log of `size` entries. */
export async function inclusionProof(db: Executor, index: number, size: number): Promise<readonly Uint8Array[]> {
  if (index >= size) throw new GuiseError('argument_invalid', `Cannot prove entry ${index} of ${size}`);
  await requireSize(db, size);
  return rootsOf(db, inclusionRanges(index, size));
}

async function requireSize(db: Executor, size: number): Promise<void> {
  const known = await logSize(db);
  if (size <= known) return;
  throw new GuiseError('argument_invalid', `Cannot prove anything of ${size} entries: the log has ${known}`);
}

async function rootsOf(db: Executor, ranges: readonly LeafRange[]): Promise<readonly Uint8Array[]> {
  const roots: Uint8Array[] = [];
  for (const range of ranges) roots.push(await rootOfRange(db, range));
  return roots;
}

async function rootOfRange(db: Executor, range: LeafRange): Promise<Uint8Array> {
  const hashes: Uint8Array[] = [];
  for (const run of runsOf(wholeNodes(range))) hashes.push(...(await readRun(db, run)));
  return rangeRoot(sha256, hashes);
}

/** Neighbours that are made of hashes of one height are read together. */
function runsOf(nodes: readonly TreeNode[]): readonly (readonly TreeNode[])[] {
  return [...Map.groupBy(nodes, ({ height }) => keptBelow(height)).values()];
}

async function readRun(db: Executor, run: readonly TreeNode[]): Promise<readonly Uint8Array[]> {
  const kept = keptBelow(run[0]?.height ?? 0);
  const places = run.map(({ height, place }) => ({
    from: place * 2 ** (height - kept),
    to: (place + 1) * 2 ** (height - kept),
  }));
  const start = places[0]?.from ?? 0;
  const hashes = await readKept(db, kept, start, places.at(-1)?.to ?? 0);
  return places.map(({ from, to }) => rootOf(sha256, hashes.slice(from - start, to - start)));
}

function keptBelow(height: number): number {
  return Math.floor(height / keptHeights) * keptHeights;
}
