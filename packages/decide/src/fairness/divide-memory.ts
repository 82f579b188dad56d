/**
 * What each host on a machine may have of its memory, which is not taken from anybody who uses it.
 *
 * A limit never goes below what is in use and a quarter more, or 64 MiB more: then the kernel would kill somebody, and what divides is
 * not to. So a limit here only keeps a host from growing into what others are promised; what is in use is given back by whoever uses it.
 * While the machine is not nearly full, everybody has what it had before.
 * Shape: readings of one instant → limits in MiB by name; null is none.
 */
import { shareOut } from './share-out.ts';

export interface MemoryHost {
  readonly name: string;
  readonly usedMb: number;
  /** Null: it is nobody's to limit. */
  readonly claim: {
    readonly weight: number;
    readonly minimumMb: number;
    readonly ceilingMb: number | null;
    /** What it has while there is enough; null: no limit. */
    readonly ownMb: number | null;
  } | null;
}

export interface MemoryDivision {
  readonly isContended: boolean;
  readonly limits: ReadonlyMap<string, number | null>;
}

const [full, calm] = [0.9, 0.75];
const [marginShare, marginMb] = [0.25, 64];

export function divideMemory(wasContended: boolean, memoryMb: number, hosts: readonly MemoryHost[]): MemoryDivision {
  const ours = hosts.flatMap(({ claim, ...host }) => (claim === null ? [] : [{ ...host, ...claim }]));
  const used = hosts.reduce((sum, { usedMb }) => sum + usedMb, 0);
  const isContended = ours.length > 1 && used >= memoryMb * (wasContended ? calm : full);
  if (!isContended) return { isContended, limits: new Map(ours.map(({ name, ownMb }) => [name, ownMb])) };
  const ofOthers = hosts.reduce((sum, { usedMb, claim }) => sum + (claim === null ? usedMb : 0), 0);
  const capacity = Math.max(0, memoryMb - ofOthers);
  const claimants = ours.map(({ name, weight, usedMb, minimumMb, ceilingMb, ownMb }) => ({
    name,
    weight,
    minimum: Math.max(minimumMb, usedMb + Math.max(usedMb * marginShare, marginMb)),
    demand: capacity,
    ceiling: Math.min(ceilingMb ?? capacity, ownMb ?? capacity),
    leastMb: usedMb + Math.max(usedMb * marginShare, marginMb),
    ownMb,
  }));
  const { shares } = shareOut(capacity, claimants);
  return {
    isContended,
    limits: new Map(
      claimants.map(({ name, leastMb, ownMb }) => [
        name,
        Math.min(Math.max(shares.get(name)!, leastMb), ownMb ?? Number.POSITIVE_INFINITY),
      ]),
    ),
  };
}
