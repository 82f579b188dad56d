/** From the request to a host that is free: `waiting` in the queue, or `booked` ahead. */
import { limits } from '@guise/model';
import { findNeeds } from '../../app/checkout-needs.ts';
import { serveCheckouts } from '../../app/serve-checkouts.ts';
import { findCheckout, waitingCheckouts } from '../../store/checkouts.ts';
import { mutate } from '../../store/database.ts';
import { findFleetHost } from '../../store/fleet.ts';
import type { Decision, StepContext } from './checkout-step.ts';
import { leaseOf, lookAgain } from './checkout-step.ts';

/** Whoever is first looks for all; the others are woken when a host is theirs, and look themselves now and then. */
export async function waitForHost(context: StepContext): Promise<Decision> {
  const { parts, row, isOver, lease } = context;
  if (isOver) return { to: 'restoring' };
  if (lease !== null) return { to: 'booked' };
  if ((await findNeeds(parts.database, row)) === null)
    return { to: 'restoring', change: { failure: `the persona "${row.personaId}" is gone` } };
  await mutate(parts.database, row.holder, async (tx) => ({
    value: undefined,
    audit: null,
    signals: (await serveCheckouts(tx)) > 0 ? [{ type: 'flow' }] : [],
  }));
  const served = await findCheckout(parts.database, row.checkoutId);
  if (served?.leaseId != null) return { to: 'booked' };
  const [first] = await waitingCheckouts(parts.database, 1);
  return lookAgain(context, first?.checkoutId === row.checkoutId ? limits.checkoutLookMs : limits.flowPeriodMs * 12);
}

/** Until its time has come, and whoever had the host before has given it back. */
export async function waitForTime(context: StepContext): Promise<Decision> {
  const { parts, row, turn, isOver } = context;
  const { from, until, hostId } = leaseOf(context);
  if (row.returnedAt !== null) return { to: 'restoring' };
  if (isOver) {
    const failure = `"${hostId}" was not free before ${until.toISOString()}`;
    return { to: 'restoring', change: { failure } };
  }
  if (turn.now < from) return { to: 'booked', dueAt: from };
  const host = await findFleetHost(parts.database, hostId);
  const isFree = host?.state === 'production' || host?.state === 'idle';
  return isFree ? { to: 'checking' } : lookAgain(context, limits.flowPeriodMs);
}
