/**
 * How much of a machine: what a host has, what is taken of it, what a persona needs.
 *
 * Whole units, so that what was added up and taken away again is exactly what it was.
 */
import { mibPerGb } from '../layers/requirements.ts';

export interface Room {
  readonly milliCores: number;
  /** MiB. */
  readonly memoryMb: number;
  /** 10⁶ bytes. */
  readonly storageMb: number;
}

const noRoom: Room = { milliCores: 0, memoryMb: 0, storageMb: 0 };

/** One core, with the memory and storage that usually come with one: so much of each counts the same. */
const typical: Room = { milliCores: 1000, memoryMb: 4096, storageMb: 32_000 };

export interface Requirements {
  readonly required_cores?: number | undefined;
  readonly required_ram_gb?: number | undefined;
  readonly required_storage_gb?: number | undefined;
}

export function roomFor({ required_cores = 0, required_ram_gb = 0, required_storage_gb = 0 }: Requirements): Room {
  return {
    milliCores: Math.ceil(required_cores * 1000),
    memoryMb: Math.ceil(required_ram_gb * mibPerGb),
    storageMb: Math.ceil(required_storage_gb * 1000),
  };
}

export function sumOf(rooms: readonly Room[]): Room {
  return rooms.reduce(
    (sum, room) => ({
      milliCores: sum.milliCores + room.milliCores,
      memoryMb: sum.memoryMb + room.memoryMb,
      storageMb: sum.storageMb + room.storageMb,
    }),
    noRoom,
  );
}

/** May be less than nothing, where more was given away than there is. */
export function without(room: Room, taken: Room): Room {
  return {
    milliCores: room.milliCores - taken.milliCores,
    memoryMb: room.memoryMb - taken.memoryMb,
    storageMb: room.storageMb - taken.storageMb,
  };
}

export function fitsIn(need: Room, free: Room): boolean {
  return need.milliCores <= free.milliCores && need.memoryMb <= free.memoryMb && need.storageMb <= free.storageMb;
}

/**
 * One number for how much it is. What fits in another is never larger, and of two rooms the difference stays the same whatever is
 * taken of both: so the room that is left least after a need is the one that was least before it.
 */
export function sizeOf({ milliCores, memoryMb, storageMb }: Room): number {
  return milliCores / typical.milliCores + memoryMb / typical.memoryMb + storageMb / typical.storageMb;
}
