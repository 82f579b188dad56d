/** A host that something may be placed on, and what is to be placed. */
import type { Facts } from '@guise/model';
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

/** As a host tells it: `cpu_cores`, `memory_mb`, and `storage_gb` in whole 10⁹ bytes. */
export function capacityIn(facts: Facts): PlacementHost['capacity'] {
  const told = (fact: string, factor: number) => {
    const value = facts[fact];
    return typeof value === 'number' ? value * factor : null;
  };
  return { milliCores: told('cpu_cores', 1000), memoryMb: told('memory_mb', 1), storageMb: told('storage_gb', 1000) };
}

/** What was never told has no end, so that hosts of which more is known come before. */
export function freeOf({ capacity, taken }: PlacementHost): Room {
  return {
    milliCores: (capacity.milliCores ?? Number.POSITIVE_INFINITY) - taken.milliCores,
    memoryMb: (capacity.memoryMb ?? Number.POSITIVE_INFINITY) - taken.memoryMb,
    storageMb: (capacity.storageMb ?? Number.POSITIVE_INFINITY) - taken.storageMb,
  };
}
