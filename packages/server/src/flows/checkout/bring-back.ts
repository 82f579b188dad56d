/**
 * The way back: `reverting`, `verifying`, `restoring`, and where that does not work `quarantined`.
 *
 * Invariant: a host gets requests again only when its fingerprint is the one from before and it is as healthy as before, or when a
 * person says that it is in order.
 */
import type { Json } from '@guise/model';
import { GuiseError, limits } from '@guise/model';
import { findNeeds } from '../../app/checkout-needs.ts';
import { serveCheckouts } from '../../app/serve-checkouts.ts';
import { settleDesired } from '../../app/settle-desired.ts';
import type { Fingerprint } from '../../drivers/host-provider/host-provider.ts';
import { listAlerts } from '../../store/alerts.ts';
import type { CheckoutChange } from '../../store/checkouts.ts';
import { wakeBooked } from '../../store/checkouts.ts';
import { returnToFleet } from '../../store/fleet.ts';
import { findHost } from '../../store/hosts.ts';
import { endLease } from '../../store/leases.ts';
import { findState } from '../../store/reports.ts';
import { holdOf } from './become.ts';
import type { Decision, StepContext } from './checkout-step.ts';
import { elapsedMs, happened, heldHost, labelOf, leaseOf, lookAgain } from './checkout-step.ts';
import { quarantine } from './quarantine.ts';

export async function revert(context: StepContext): Promise<Decision> {
  const { row } = context;
  const { provider, host } = await heldHost(context);
  await letGo(context);
  const fingerprintAfter = await provider.revert(host, labelOf(row));
  const differing = differingParts(row.fingerprintBefore, fingerprintAfter);
  if (differing.length === 0) return { to: 'verifying', change: { fingerprintAfter } };
  const why = `"${host.hostId}" is not as it was: ${differing.join(', ')}`;
  return quarantine(row.checkoutId, why, { code: 'fingerprint_differs', differing }, { fingerprintAfter });
}

/** Lifts the allocation, then waits until the host is as healthy as it was. */
export async function verify(context: StepContext): Promise<Decision> {
  const { parts, row, turn } = context;
  const needs = await findNeeds(parts.database, row);
  if (needs?.allocation != null) {
    const { provider, host } = await heldHost(context);
    await provider.resize(host, row.before?.allocation ?? {});
  }
  const lacking = await whatIsLacking(context);
  if (lacking === null) return { to: 'restoring' };
  if (elapsedMs(turn) < limits.checkoutGateMs) return lookAgain(context, limits.checkoutLookMs);
  return quarantine(row.checkoutId, `"${row.hostId}" did not become healthy again: ${lacking.why}`, lacking.evidence);
}

/** Requests go to it again, its snapshot goes, and the lease ends: whoever waits may have the host. */
export async function restore(context: StepContext): Promise<Decision> {
  const { parts, row, turn, lease } = context;
  const hasBegun = lease !== null && lease.fence !== null;
  if (hasBegun) {
    const restoring = (await parts.traffics()).filter(({ name }) => row.before?.traffics.includes(name));
    for (const traffic of restoring) {
      if (await traffic.serves(lease.hostId))
        await traffic.restore(lease.hostId, { deadlineMs: limits.checkoutRestoreMs, signal: turn.signal });
    }
    await discard(context);
  }
  const state = endOf(context);
  return {
    to: 'end',
    change: { state, isEnded: true },
    commit: async (tx) => {
      if (lease !== null) await endLease(tx, lease.leaseId);
      const returned = hasBegun ? await returnToFleet(tx, lease.hostId) : [];
      if (lease !== null) await wakeBooked(tx, [lease.hostId]);
      await serveCheckouts(tx);
      return [
        happened('checkout.ended', row.checkoutId),
        ...returned,
        ...(hasBegun ? [happened('host.returned', lease.hostId)] : []),
      ];
    },
  };
}

/** Until a person says that the host is in order, or wants another try. */
export async function stayQuarantined(context: StepContext): Promise<Decision> {
  const { row } = context;
  if (row.releasedBy !== null) return { to: 'restoring' };
  return row.returnedAt === null ? lookAgain(context, limits.flowPeriodMs * 60) : { to: 'reverting' };
}

function endOf({ row }: StepContext): NonNullable<CheckoutChange['state']> {
  if (row.readyAt !== null) return 'ended';
  return row.failure === null ? 'cancelled' : 'failed';
}

function differingParts(before: Fingerprint | null, after: Fingerprint): readonly string[] {
  if (before === null) return ['everything: there is no fingerprint from before'];
  const names = [...new Set([...Object.keys(before.parts), ...Object.keys(after.parts)])].sort();
  const differing = names.filter((name) => before.parts[name] !== after.parts[name]);
  return differing.length === 0 && before.digest !== after.digest ? ['digest'] : differing;
}

/** A hold outlives a revert that keeps what people said; one of nobody's persona does no harm, so a host that is away need not hear. */
async function letGo({ parts, row }: StepContext): Promise<void> {
  const needs = await findNeeds(parts.database, row);
  if (row.hostId === null || needs?.hasTriggers !== true) return;
  try {
    await parts.ask(row.hostId, { ask: 'release', hold_id: holdOf(row.checkoutId) });
  } catch (error) {
    if (!(error instanceof GuiseError)) throw error;
  }
}

/** Litter is better than a host that does not come back: after a few tries the snapshot stays. */
async function discard(context: StepContext): Promise<void> {
  try {
    const { provider, host } = await heldHost(context);
    await provider.discard(host, labelOf(context.row));
  } catch (error) {
    if (!(error instanceof GuiseError) || context.turn.attempts < limits.checkoutAttempts) throw error;
  }
}

interface Lacking {
  readonly why: string;
  readonly evidence: Json;
}

async function whatIsLacking(context: StepContext): Promise<Lacking | null> {
  const { parts, row } = context;
  const { hostId } = leaseOf(context);
  const host = await findHost(parts.database, hostId);
  if (host?.connected !== true) return lack('its agent is not connected', { connected: false });
  const settled = (await settleDesired(parts.database, parts.trust, [hostId])).get(hostId);
  const { generation = 0, outcome = null, refused = null, suspendedDigest = null } = settled?.row ?? {};
  if (generation > 0 && refused === null && suspendedDigest === null) {
    const isApplied = outcome?.result === 'unchanged' || outcome?.result === 'committed';
    if (outcome?.generation !== generation || !isApplied)
      return lack('it is not what it is assigned', { generation, outcome: outcome === null ? null : { ...outcome } });
  }
  const { state, reported_at } = await findState(parts.database, hostId);
  if (reported_at === null || state === null) return null;
  const wanted = new Set(settled?.layers.map(({ instance }) => instance));
  const active = new Set(state.active.map(({ instance }) => instance));
  const missing = (row.before?.active ?? []).filter((instance) => wanted.has(instance) && !active.has(instance));
  if (missing.length > 0) return lack(`${missing.join(', ')} is not active`, { missing });
  return lookFurther(context);
}

/** What was wrong before does not count. */
async function lookFurther({ parts, row, lease }: StepContext): Promise<Lacking | null> {
  if (lease === null) return null;
  const { items } = await listAlerts(parts.database, { host_id: lease.hostId, active: true, limit: limits.pageItems });
  const alerts = items.filter(({ key }) => row.before?.alerts.includes(key) !== true);
  if (alerts.length > 0)
    return lack(alerts[0]?.message ?? '', { alerts: alerts.map(({ key, message }) => ({ key, message })) });
  const drift = await parts.ask(lease.hostId, { ask: 'drift' });
  const addresses = drift.map(({ address }) => address).filter((each) => row.before?.drift.includes(each) !== true);
  return addresses.length > 0 ? lack(`${addresses[0]} is not what it should be`, { drift: addresses }) : null;
}

function lack(why: string, evidence: Json): Lacking {
  return { why, evidence };
}
