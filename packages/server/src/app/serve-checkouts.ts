/**
 * Gives hosts that are free to those that wait for one: in the order of the queue, each the one that fits it best.
 *
 * One process at a time does it, in a transaction, so nobody gets a host past somebody who comes before him and could have it.
 */
import type { Room } from '@guise/decide/placement';
import { durationMs, limits } from '@guise/model';
import type { CheckoutRow } from '../store/checkouts.ts';
import { changeCheckout, lockQueue, waitingCheckouts } from '../store/checkouts.ts';
import type { Executor } from '../store/database.ts';
import { type HostOnOffer, hostsOnOffer } from '../store/fleet.ts';
import { wakeFlow } from '../store/flows.ts';
import { type Lease, tryLease } from '../store/leases.ts';
import { findNeeds } from './checkout-needs.ts';
import { offersInOrder } from './choose-offer.ts';

/** How many got a host. Signal `flow` when any did. */
export async function serveCheckouts(tx: Executor): Promise<number> {
  await lockQueue(tx);
  const waiting = await waitingCheckouts(tx, limits.checkoutsWaiting);
  const named = new Set(waiting.flatMap(({ candidates }) => candidates));
  const free = new Map((await hostsOnOffer(tx, [...named])).map((offer) => [offer.hostId, offer]));
  let served = 0;
  for (const checkout of waiting) {
    if (free.size === 0) break;
    const lease = await leaseFor(tx, checkout, free);
    if (lease === null) continue;
    // The flow first, as its own steps take their locks.
    await wakeFlow(tx, checkout.flowId);
    await changeCheckout(tx, checkout.checkoutId, { hostId: lease.hostId, leaseId: lease.leaseId });
    served += 1;
  }
  return served;
}

async function leaseFor(tx: Executor, checkout: CheckoutRow, free: Map<string, HostOnOffer>): Promise<Lease | null> {
  const { holder, request, candidates } = checkout;
  const offers = candidates.flatMap((hostId) => free.get(hostId) ?? []);
  if (offers.length === 0) return null;
  const needs = await findNeeds(tx, checkout);
  // Its own flow ends it; nobody else waits for that.
  if (needs === null) return null;
  const lease = await leaseBest(tx, offers, needs.room, {
    holder,
    from: null,
    durationMs: durationMs(request.for),
  });
  if (lease !== null) free.delete(lease.hostId);
  return lease;
}

/** Of the best one that nobody has for a part of that time. */
export async function leaseBest(
  tx: Executor,
  offers: readonly HostOnOffer[],
  room: Room,
  terms: { readonly holder: string; readonly from: Date | null; readonly durationMs: number },
): Promise<Lease | null> {
  for (const { hostId } of offersInOrder(offers, room)) {
    const lease = await tryLease(tx, { ...terms, hostId });
    if (lease !== null) return lease;
  }
  return null;
}
