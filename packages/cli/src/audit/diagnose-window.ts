/**
 * What was done to the entries between two checkpoints, when those entries do not make the root that was signed.
 *
 * A guess counts only when undoing it makes exactly that root. Bounds: `limits.auditEntriesTried` for one that was put in, some more
 * for what is cheap to try.
 */
import type { CompactRange } from '@guise/decide/audit';
import { sameHash } from '@guise/decide/audit';
import { limits } from '@guise/model';

export interface WindowLeaf {
  readonly sequence: number;
  readonly hash: Uint8Array;
}

export interface Window {
  /** The log up to the checkpoint before. */
  readonly start: CompactRange;
  readonly leaves: readonly WindowLeaf[];
  /** The leaf that follows; needed to see that one was put in. */
  readonly next: WindowLeaf | null;
  readonly signedRoot: Uint8Array;
}

export interface Diagnosis {
  readonly kind: 'reordered' | 'inserted';
  readonly sequences: readonly number[];
  /** The log with that undone, up to the checkpoint. */
  readonly repaired: CompactRange;
}

/** Every swap of two is tried among so many at most. */
const swapsTriedAmong = 100;

export function diagnoseWindow(window: Window): Diagnosis | null {
  return sorted(window) ?? swapped(window) ?? withOneTooMany(window);
}

function sorted({ start, leaves, signedRoot }: Window): Diagnosis | null {
  const inOrder = leaves.toSorted((one, other) => one.sequence - other.sequence);
  const repaired = matching(start, inOrder, signedRoot);
  if (repaired === null) return null;
  const moved = leaves.filter((leaf, place) => leaf !== inOrder[place]);
  return { kind: 'reordered', sequences: moved.map(({ sequence }) => sequence), repaired };
}

/** Where entries that committed late stand out of the order of their sequences, and should. */
function swapped({ start, leaves, signedRoot }: Window): Diagnosis | null {
  if (leaves.length > swapsTriedAmong) return null;
  for (const [place, one] of leaves.entries()) {
    for (const [other, two] of leaves.slice(0, place).entries()) {
      const repaired = matching(start, leaves.with(place, two).with(other, one), signedRoot);
      if (repaired !== null) return { kind: 'reordered', sequences: [two.sequence, one.sequence], repaired };
    }
  }
  return null;
}

function withOneTooMany({ start, leaves, next, signedRoot }: Window): Diagnosis | null {
  if (next === null || leaves.length > limits.auditEntriesTried) return null;
  const all = [...leaves, next];
  const before = start.fork();
  for (const [place, { sequence, hash }] of leaves.entries()) {
    const repaired = matching(before, all.slice(place + 1), signedRoot);
    if (repaired !== null) return { kind: 'inserted', sequences: [sequence], repaired };
    before.append(hash);
  }
  return null;
}

function matching(start: CompactRange, leaves: readonly WindowLeaf[], root: Uint8Array): CompactRange | null {
  const range = start.fork();
  for (const { hash } of leaves) range.append(hash);
  return sameHash(range.root(), root) ? range : null;
}
