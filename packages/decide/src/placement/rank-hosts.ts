/**
 * Which hosts something fits on, best first, and why it does not fit on the others.
 *
 * Invariants: what is made ready for this persona comes first and what is made ready for another last; among equals the one that is
 * left with the least, so that large hosts stay free for what needs them; then by id. The order of what is passed in never matters.
 * Shape: n hosts → each of them once, in one of the two lists.
 */
import { freeOf, type Need, type PlacementHost } from './placement-host.ts';
import { sizeOf } from './room.ts';
import { whyUnfit } from './why-unfit.ts';

export interface Ranking {
  readonly fitting: readonly PlacementHost[];
  /** By id. */
  readonly unfit: readonly { readonly hostId: string; readonly reason: string }[];
}

export function rankHosts(hosts: readonly PlacementHost[], need: Need): Ranking {
  const judged = hosts.map((host) => ({ host, reason: whyUnfit(host, need), size: sizeOf(freeOf(host)) }));
  return {
    fitting: judged
      .filter(({ reason }) => reason === null)
      .sort(
        (one, other) =>
          warmth(one.host, need) - warmth(other.host, need) ||
          compareSizes(one.size, other.size) ||
          compareIds(one.host.id, other.host.id),
      )
      .map(({ host }) => host),
    unfit: judged
      .flatMap(({ host, reason }) => (reason === null ? [] : [{ hostId: host.id, reason }]))
      .sort((one, other) => compareIds(one.hostId, other.hostId)),
  };
}

/** Two that have no end are equal, and their difference is no number. */
export function compareSizes(one: number, other: number): number {
  if (one === other) return 0;
  return one < other ? -1 : 1;
}

/** By code unit, which no locale changes. */
export function compareIds(one: string, other: string): number {
  if (one === other) return 0;
  return one < other ? -1 : 1;
}

function warmth({ warmFor }: PlacementHost, { persona }: Need): number {
  if (warmFor === persona) return 0;
  return warmFor === null ? 1 : 2;
}
