/** A host that something may be placed on, and what is to be placed. */
import type { LabelTerm } from './label-term.ts';
import type { Room } from './room.ts';

export interface PlacementHost {
  readonly id: string;
  readonly labels: { readonly [key: string]: string };
  /** What it has. What it never told is null, and is not held against it. */
  readonly capacity: { readonly [Part in keyof Room]: number | null };
  readonly taken: Room;
  /** The persona that it was made ready for; null when it is a plain one. */
  readonly warmFor: string | null;
}

export interface Need {
  readonly persona: string;
  readonly room: Room;
  readonly selector: readonly LabelTerm[];
}

/** What was never told has no end, so that hosts of which more is known come before. */
export function freeOf({ capacity, taken }: PlacementHost): Room {
  return {
    milliCores: (capacity.milliCores ?? Number.POSITIVE_INFINITY) - taken.milliCores,
    memoryMb: (capacity.memoryMb ?? Number.POSITIVE_INFINITY) - taken.memoryMb,
    storageMb: (capacity.storageMb ?? Number.POSITIVE_INFINITY) - taken.storageMb,
  };
}
