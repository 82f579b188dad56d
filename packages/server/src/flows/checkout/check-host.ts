/**
 * `checking`: whether the host can be what is asked, and then the lease begins. Nothing on the host has changed by then.
 *
 * Killed after the lease began: the next try finds it begun, with what the host was before, and goes on.
 */
import type { HostId } from '@guise/model';
import { GuiseError, limits } from '@guise/model';
import {
  type CheckoutNeeds,
  findNeeds,
  providedHost,
  requireCapabilities,
  requireResources,
} from '../../app/checkout-needs.ts';
import { listAlerts } from '../../store/alerts.ts';
import { changeCheckout, type HostBefore } from '../../store/checkouts.ts';
import { type Executor, mutate } from '../../store/database.ts';
import { type FleetHost, findFleetHost, stateChanged } from '../../store/fleet.ts';
import { findHost, type Host } from '../../store/hosts.ts';
import { beginLease } from '../../store/leases.ts';
import { findState } from '../../store/reports.ts';
import { findOwnAllocation } from '../../store/shared-machines.ts';
import type { CheckoutFlowParts, Decision, StepContext } from './checkout-step.ts';
import { leaseOf, lookAgain } from './checkout-step.ts';

export async function checkHost(context: StepContext): Promise<Decision> {
  const { parts, row, isOver } = context;
  if (isOver)
    return { to: 'restoring', ...(row.returnedAt === null ? { change: { failure: 'its time is over' } } : {}) };
  if (row.before !== null) return { to: 'draining' };
  const lease = leaseOf(context);
  const { host, fleetHost } = await hostThere(parts.database, lease.hostId);
  const needs = await findNeeds(parts.database, row);
  if (needs === null) throw new GuiseError('persona_not_found', `Cannot find the persona "${row.personaId}"`);
  await requireFit(parts, host, fleetHost, needs);
  const before = await lookAtHost(parts, fleetHost);
  const hasBegun = await mutate(parts.database, row.holder, async (tx) => {
    const begun = await beginLease(tx, lease.leaseId);
    if (begun?.stateBefore != null) await changeCheckout(tx, row.checkoutId, { before });
    const isTaken = begun?.stateBefore != null;
    return { value: begun !== null, audit: null, signals: isTaken ? [stateChanged(lease.hostId)] : [] };
  });
  // Somebody was faster, or it is over by now.
  return hasBegun ? { to: 'draining' } : { ...lookAgain(context, limits.checkoutLookMs), to: 'booked' };
}

async function hostThere(
  db: Executor,
  hostId: HostId,
): Promise<{ readonly host: Host; readonly fleetHost: FleetHost }> {
  const [host, fleetHost] = [await findHost(db, hostId), await findFleetHost(db, hostId)];
  if (host === null || fleetHost === null) throw new GuiseError('host_not_found', `Cannot find the host "${hostId}"`);
  if (host.connected && (host.identity === 'active' || host.identity === 'none')) return { host, fleetHost };
  const why = host.connected ? `its identity is ${host.identity}` : 'its agent is not connected';
  throw new GuiseError('host_unavailable', `Cannot check out "${hostId}": ${why}`);
}

async function requireFit(
  { providers }: CheckoutFlowParts,
  host: Host,
  fleetHost: FleetHost,
  needs: CheckoutNeeds,
): Promise<void> {
  requireResources({ hostId: host.host_id, facts: host.facts }, needs.room);
  await requireCapabilities(providedHost(providers, fleetHost), needs);
}

/** What it is to be again. */
async function lookAtHost(parts: CheckoutFlowParts, fleetHost: FleetHost): Promise<HostBefore> {
  const { database, ask } = parts;
  const hostId = fleetHost.host_id as HostId;
  const { state } = await findState(database, hostId);
  const alerts = await listAlerts(database, { host_id: hostId, active: true, limit: limits.pageItems });
  const drift = await ask(hostId, { ask: 'drift' });
  return {
    traffics: await trafficsOf(parts, hostId),
    active: state?.active.map(({ instance }) => instance) ?? [],
    alerts: alerts.items.map(({ key }) => key),
    drift: drift.map(({ address }) => address),
    allocation: await allocationOf(parts, fleetHost),
  };
}

/** Those that send requests to it now. */
async function trafficsOf({ traffics }: CheckoutFlowParts, hostId: HostId): Promise<readonly string[]> {
  const names: string[] = [];
  for (const traffic of await traffics()) {
    if ((await traffic.serves(hostId)) && (await traffic.state(hostId)).isServing) names.push(traffic.name);
  }
  return names;
}

async function allocationOf(
  { database, providers }: CheckoutFlowParts,
  fleetHost: FleetHost,
): Promise<HostBefore['allocation']> {
  const own = await findOwnAllocation(database, fleetHost.host_id);
  if (own !== null) return own;
  const { provider, host } = providedHost(providers, fleetHost);
  const usage = fleetHost.machine === null ? null : await provider.usage(fleetHost.machine);
  return usage?.hosts.find(({ name }) => name === host.name)?.allocation ?? {};
}
