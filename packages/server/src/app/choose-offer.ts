/**
 * Which host somebody gets who does not name one: the closest fit, and rather one that is idle.
 *
 * Shape: hosts that are free, and the room that is needed → those with as much, best first. The same for the same, whatever their order.
 */
import { capacityIn, type PlacementHost, type Room, rankHosts, roomFor } from '@guise/decide/placement';
import type { HostOnOffer } from '../store/fleet.ts';

type Sized = Pick<HostOnOffer, 'hostId' | 'facts'>;

export function offersInOrder(offers: readonly HostOnOffer[], room: Room): readonly HostOnOffer[] {
  return (['idle', 'production'] as const).flatMap((wanted) => {
    const some = offers.filter(({ state }) => state === wanted);
    const { fitting } = rankHosts(some.map(placed), needOf(room));
    return fitting.flatMap(({ id }) => some.find(({ hostId }) => hostId === id) ?? []);
  });
}

/** Why this one has not as much; null when it has. */
export function whyTooSmall(host: Sized, room: Room): string | null {
  return rankHosts([placed(host)], needOf(room)).unfit[0]?.reason ?? null;
}

/** Whoever borrows a host has all of it. */
function placed({ hostId, facts }: Sized): PlacementHost {
  return { id: hostId, labels: {}, capacity: capacityIn(facts), taken: roomFor({}), warmFor: null };
}

function needOf(room: Room) {
  return { persona: '', room, selector: [] };
}
