/**
 * The ways of an activation from one state to the next, each inside the transaction of whoever takes it.
 *
 * pending → activating → active or warm; activating → returning → pending, for the next host; anything → deactivating → ended.
 * Invariants: a move that comes too late changes nothing and tells nothing; an assignment is there exactly while the activation is
 * activating, warm or active; what a host is doing is touched only while nobody has borrowed it; rows are locked in the order of the
 * activation, spares on its host, the host.
 */
import type { HostId, Json } from '@guise/model';
import type { Activation, ActivationChange } from '../store/activations.ts';
import { activationsOn, changeActivation, lockActivation, lockSparesOn, wakePending } from '../store/activations.ts';
import { deleteAssignment, lockAssignmentsTo, putAssignment } from '../store/assignments.ts';
import type { Executor, Mutation } from '../store/database.ts';
import { type FleetHost, type FleetState, isLeased, lockFleetHost, setFleetState } from '../store/fleet.ts';
import { insertFlow } from '../store/flows.ts';
import { findVersion, lockPersona } from '../store/personas.ts';
import { poolHosts } from '../store/pool-hosts.ts';
import { type Signal, signalsForHosts } from '../store/signal.ts';
import { isStillFit } from './choose-host.ts';
import { stateDigest } from './state-digest.ts';

export type Move = Omit<Mutation<unknown>, 'value'>;

export const activationKind = 'activation';

const nothing: Move = { audit: null, signals: [] };

/** Puts it on that host, if both are still as they were when it was chosen. A spare that waits there gives way. */
export async function takeHost(tx: Executor, activationId: string, hostId: HostId): Promise<Move> {
  const activation = await lockActivation(tx, activationId);
  if (activation?.state !== 'pending') return nothing;
  await lockSparesOn(tx, hostId);
  const host = await lockFleetHost(tx, hostId);
  const [found] = await poolHosts(tx, activation.pool_id, hostId);
  if (host === null || found === undefined || !isStillFit(found, activation)) return nothing;
  const { persona_id, instance, parameters, version } = activation;
  const target = { type: 'host', name: hostId } as const;
  await lockAssignmentsTo(tx, target);
  await lockPersona(tx, persona_id);
  if ((await findVersion(tx, persona_id, version ?? undefined)) === null) return nothing;
  const gone = await dropSpares(tx, hostId);
  await putAssignment(tx, {
    target_type: 'host',
    target: hostId,
    instance,
    persona_id,
    parameters,
    priority: null,
    version,
    assigned_by: `activation/${activationId}`,
  });
  const isFirst = host.state === 'idle';
  return moved(tx, activation, { state: 'activating', host_id: hostId }, [
    ...signalsForHosts([hostId]),
    ...gone,
    ...(isFirst ? await setFleetState(tx, host.host_id as HostId, 'activating') : []),
  ]);
}

/** It could not be on its host: takes it away, and keeps why. */
export async function withdraw(tx: Executor, activationId: string, reason: string): Promise<Move> {
  const activation = await lockActivation(tx, activationId);
  if (activation?.state !== 'activating' || activation.host_id === null) return nothing;
  await unassign(tx, activation, activation.host_id);
  const tries = [...activation.tries, { host_id: activation.host_id, reason }];
  return moved(tx, activation, { state: 'returning', tries }, signalsForHosts([activation.host_id]), { reason });
}

/** Its host is what it should be. */
export async function putIntoService(tx: Executor, activationId: string): Promise<Move> {
  const activation = await lockActivation(tx, activationId);
  if (activation?.state !== 'activating' || activation.host_id === null) return nothing;
  const host = await lockFleetHost(tx, activation.host_id);
  const signals = await rest(tx, host, activation.spare ? 'idle' : 'production');
  return moved(tx, activation, { state: activation.spare ? 'warm' : 'active' }, signals);
}

/** Its host is as it was before, or is quarantined because nobody knows whether it is. */
export async function giveBack(tx: Executor, activationId: string, quarantine: string | null): Promise<Move> {
  const activation = await lockActivation(tx, activationId);
  if (activation === null || activation.host_id === null) return nothing;
  const { state, host_id } = activation;
  if (state !== 'returning' && state !== 'deactivating') return nothing;
  const host = await lockFleetHost(tx, host_id);
  const others = (await activationsOn(tx, host_id)).filter((each) => each.activation_id !== activationId);
  const signals =
    quarantine === null
      ? await rest(tx, host, others.some(({ state: other }) => other !== 'warm') ? 'production' : 'idle')
      : await rest(tx, host, 'quarantined', quarantine);
  const change = state === 'returning' ? ({ state: 'pending', host_id: null } as const) : ({ state: 'ended' } as const);
  return moved(tx, activation, change, signals, quarantine === null ? {} : { quarantined: quarantine });
}

/** No host is left that it could be on. */
export async function giveUp(tx: Executor, activationId: string, tries: Activation['tries']): Promise<Move> {
  const activation = await lockActivation(tx, activationId);
  if (activation?.state !== 'pending') return nothing;
  return moved(tx, activation, { state: 'failed', tries }, [], { tries: tries.map((each) => ({ ...each })) });
}

/** It is to go; its host is given back by a flow. Null when it goes or has gone already. */
export async function beginLeaving(tx: Executor, activation: Activation): Promise<Move | null> {
  const { activation_id, state, host_id } = activation;
  switch (state) {
    case 'deactivating':
    case 'ended':
    case 'failed':
      return null;
    case 'pending':
      return moved(tx, activation, { state: 'ended' }, []);
    case 'activating':
    case 'returning':
    case 'warm':
    case 'active': {
      if (host_id === null) return moved(tx, activation, { state: 'ended' }, []);
      const host = await lockFleetHost(tx, host_id);
      await unassign(tx, activation, host_id);
      const others = (await activationsOn(tx, host_id)).filter((each) => each.activation_id !== activation_id);
      const isLast = others.every((each) => each.state === 'warm');
      const signals = isLast ? await rest(tx, host, 'draining') : [];
      const flow_id = await insertFlow(tx, activationKind, 'leave', { activation_id });
      return moved(tx, activation, { state: 'deactivating', flow_id }, [
        ...signals,
        ...signalsForHosts([host_id]),
        { type: 'flow' },
      ]);
    }
  }
}

/** A spare is nobody's: what comes instead of it, or a host that leaves its pool, takes it away without asking. */
export async function dropSpares(tx: Executor, hostId: HostId): Promise<readonly Signal[]> {
  const spares = await lockSparesOn(tx, hostId);
  const signals: Signal[] = [];
  for (const spare of spares) {
    await unassign(tx, spare, hostId);
    await changeActivation(tx, spare.activation_id, { state: 'ended' });
    signals.push(changedEvent(spare));
  }
  return signals;
}

/** Of whatever changes it: its audit entry, its news, and that others of its pool look again. */
export async function moved(
  tx: Executor,
  before: Activation,
  change: ActivationChange,
  signals: readonly Signal[],
  detail: { readonly [name: string]: Json } = {},
): Promise<Move> {
  const after = await changeActivation(tx, before.activation_id, change);
  await wakePending(tx, before.pool_id);
  return {
    audit: {
      action: 'pool:activate',
      resource: `activation/${before.activation_id}`,
      detail: { ...summaryOf(after), ...detail },
      before: stateDigest(summaryOf(before)),
      after: stateDigest(summaryOf(after)),
    },
    signals: [...signals, changedEvent(before), { type: 'flow' }],
  };
}

/** What the audit tells of one. */
export function summaryOf({ pool_id, persona_id, instance, state, host_id, spare, parameters }: Activation) {
  return { pool_id, persona_id, instance, state, host_id, spare, parameters };
}

async function rest(
  tx: Executor,
  host: FleetHost | null,
  state: FleetState,
  reason: string | null = null,
): Promise<readonly Signal[]> {
  if (host === null || host.state === 'quarantined' || (await isLeased(tx, host.host_id as HostId))) return [];
  return setFleetState(tx, host.host_id as HostId, state, reason);
}

async function unassign(tx: Executor, { instance, persona_id }: Activation, hostId: HostId): Promise<void> {
  const target = { type: 'host', name: hostId } as const;
  await lockAssignmentsTo(tx, target);
  await deleteAssignment(tx, target, instance, persona_id);
}

function changedEvent({ pool_id, activation_id }: Activation): Signal {
  return { type: 'event', event: 'activation.changed', subject: `${pool_id}/${activation_id}` };
}
