/**
 * Checkouts as people see and steer them. What is done to the host is its flow's; see flows/checkout.
 *
 * Throws: `checkout_not_found`; `lease_conflict` and `argument_invalid` for an extension that cannot be.
 */
import type { Checkout, CheckoutRequest } from '@guise/api';
import type { HostId } from '@guise/model';
import { GuiseError, limits } from '@guise/model';
import type { CheckoutFilter, CheckoutRow } from '../store/checkouts.ts';
import {
  checkoutOfHost,
  findCheckout,
  listCheckouts,
  lockCheckout,
  markReleased,
  markReturned,
  waitingCheckouts,
} from '../store/checkouts.ts';
import type { Database, Executor } from '../store/database.ts';
import { mutate } from '../store/database.ts';
import { endQuarantine, findFleetHost } from '../store/fleet.ts';
import { wakeFlow } from '../store/flows.ts';
import { findHost } from '../store/hosts.ts';
import { extendLease, findLease } from '../store/leases.ts';
import type { Page } from '../store/page.ts';
import type { Caller } from './caller.ts';
import { durationOf } from './request-checkout.ts';
import { stateDigest } from './state-digest.ts';

export async function describeCheckout(db: Executor, checkoutId: string): Promise<Checkout> {
  const row = await findCheckout(db, checkoutId);
  if (row === null) throw noCheckout(checkoutId);
  return viewOf(db, row);
}

export async function describeCheckouts(db: Executor, filter: CheckoutFilter): Promise<Page<Checkout>> {
  const { items, next_cursor } = await listCheckouts(db, filter);
  const views: Checkout[] = [];
  for (const row of items) views.push(await viewOf(db, row));
  return { items: views, next_cursor };
}

export async function checkoutResultsOf(db: Executor, checkoutId: string) {
  const row = await findCheckout(db, checkoutId);
  if (row === null) throw noCheckout(checkoutId);
  return { checkout_id: row.checkoutId, results: row.results };
}

/** By so much from its end on, as long as nobody has booked the host for then. */
export async function extendCheckout(
  database: Database,
  caller: Caller,
  checkoutId: string,
  by: string,
): Promise<Checkout> {
  const byMs = durationOf(by);
  return mutate(database, caller.actor, async (tx) => {
    const row = await lockWithFlow(tx, checkoutId);
    if (row === null) throw noCheckout(checkoutId);
    const lease = row.leaseId === null ? null : await findLease(tx, row.leaseId);
    if (lease === null) throw tooLate(checkoutId, 'it has no host yet');
    if (row.endedAt !== null || row.returnedAt !== null) throw tooLate(checkoutId, 'it is given back');
    const longest = lease.from.getTime() + limits.checkoutMaxMs;
    if (lease.until.getTime() + byMs > longest) {
      throw new GuiseError(
        'argument_invalid',
        `Cannot extend the checkout ${checkoutId} by ${by}: it may last until ${new Date(longest).toISOString()}`,
      );
    }
    const extended = await extendLease(tx, lease.leaseId, byMs);
    if (extended === null) throw tooLate(checkoutId, 'its time is over');
    return {
      value: await viewOf(tx, row),
      audit: {
        action: caller.action,
        resource: `checkout/${checkoutId}`,
        detail: { for: by, host_id: lease.hostId },
        before: stateDigest({ expires_at: lease.until.toISOString() }),
        after: stateDigest({ expires_at: extended.until.toISOString() }),
      },
      signals: [{ type: 'flow' }, { type: 'event', event: 'checkout.extended', subject: checkoutId }],
    };
  });
}

/** Asks for it once; one that is over, or on its way back, stays as it is. Of a quarantined one it is another try. */
export async function checkIn(database: Database, caller: Caller, checkoutId: string): Promise<Checkout> {
  return mutate(database, caller.actor, async (tx) => {
    const row = await lockWithFlow(tx, checkoutId);
    if (row === null) throw noCheckout(checkoutId);
    if (row.endedAt !== null || row.returnedAt !== null)
      return { value: await viewOf(tx, row), audit: null, signals: [] };
    await markReturned(tx, checkoutId, caller.actor);
    return {
      value: await viewOf(tx, row),
      audit: {
        action: caller.action,
        resource: `checkout/${checkoutId}`,
        detail: { host_id: row.hostId, state: row.state },
        before: stateDigest({ returned: false }),
        after: stateDigest({ returned: true }),
      },
      signals: [{ type: 'flow' }],
    };
  });
}

/** A person has looked at a quarantined host: it goes back to what it did, as it is now. */
export async function releaseHost(database: Database, caller: Caller, hostId: HostId, reason: string): Promise<void> {
  await mutate(database, caller.actor, async (tx) => {
    const host = await findFleetHost(tx, hostId);
    if (host === null) throw new GuiseError('host_not_found', `Cannot find the host "${hostId}"`);
    if (host.state !== 'quarantined')
      throw new GuiseError('host_unfit', `Cannot release "${hostId}": it is not quarantined, but ${host.state}`);
    const checkout = await checkoutOfHost(tx, hostId);
    if (checkout === null) await endQuarantine(tx, hostId);
    else {
      await lockWithFlow(tx, checkout.checkoutId);
      await markReleased(tx, checkout.checkoutId, caller.actor);
    }
    return {
      value: undefined,
      audit: {
        action: caller.action,
        resource: `host/${hostId}`,
        detail: { reason, checkout_id: checkout?.checkoutId ?? null, was: host.reason },
        before: stateDigest({ state: 'quarantined' }),
        after: stateDigest({ state: 'released' }),
      },
      signals: [{ type: 'flow' }, { type: 'event', event: 'host.released_from_quarantine', subject: hostId }],
    };
  });
}

export async function viewOf(db: Executor, row: CheckoutRow): Promise<Checkout> {
  const lease = row.leaseId === null ? null : await findLease(db, row.leaseId);
  const ended = row.endedAt !== null;
  return {
    checkout_id: row.checkoutId,
    state: row.state,
    state_since: row.stateSince.toISOString(),
    holder: row.holder,
    reason: (row.request satisfies CheckoutRequest).reason,
    priority: row.request.priority,
    host_id: row.hostId,
    persona_id: row.personaId,
    version: row.version,
    created_at: row.createdAt.toISOString(),
    starts_at: lease?.from.toISOString() ?? row.request.starts_at ?? null,
    expires_at: lease?.until.toISOString() ?? null,
    ready_at: row.readyAt?.toISOString() ?? null,
    ended_at: row.endedAt?.toISOString() ?? null,
    reach: row.state === 'out' && row.hostId !== null ? await reachOf(db, row.hostId) : null,
    ahead: row.state === 'waiting' && !ended ? await countAhead(db, row) : null,
    failure: row.failure,
    evidence: row.evidence,
    fingerprint_before: fingerprintOf(row.fingerprintBefore),
    fingerprint_after: fingerprintOf(row.fingerprintAfter),
    has_results: row.results !== null,
  };
}

/** The flow first, which looks again afterwards: so its steps take their locks, too. */
async function lockWithFlow(tx: Executor, checkoutId: string): Promise<CheckoutRow | null> {
  const found = await findCheckout(tx, checkoutId);
  if (found === null) return null;
  await wakeFlow(tx, found.flowId);
  return lockCheckout(tx, checkoutId);
}

async function reachOf(db: Executor, hostId: HostId): Promise<Checkout['reach']> {
  const host = await findHost(db, hostId);
  return { hostname: String(host?.facts['hostname'] ?? hostId), address: String(host?.facts['ip'] ?? '') };
}

async function countAhead(db: Executor, { checkoutId }: CheckoutRow): Promise<number> {
  const waiting = await waitingCheckouts(db, limits.checkoutsWaiting);
  return Math.max(
    0,
    waiting.findIndex((each) => each.checkoutId === checkoutId),
  );
}

function fingerprintOf(fingerprint: CheckoutRow['fingerprintBefore']): Checkout['fingerprint_before'] {
  return fingerprint === null ? null : { digest: fingerprint.digest, parts: { ...fingerprint.parts } };
}

function tooLate(checkoutId: string, why: string): GuiseError {
  return new GuiseError('lease_conflict', `Cannot extend the checkout ${checkoutId}: ${why}`);
}

function noCheckout(checkoutId: string): GuiseError {
  return new GuiseError('checkout_not_found', `Cannot find the checkout ${checkoutId}`);
}
