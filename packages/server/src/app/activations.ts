/**
 * Drawing from pools, and giving back, as people and programs ask for it.
 *
 * Throws: `pool_not_found`, `persona_not_found`, `version_not_found`, `parameter_invalid`, `template_invalid`, `argument_invalid`,
 * `activation_not_found`.
 */
import { failingTerm } from '@guise/decide/placement';
import { GuiseError, type HostId } from '@guise/model';
import {
  type Activation,
  changeActivation,
  findActivation,
  insertActivation,
  lockActivation,
  lockSpare,
  type NewActivation,
} from '../store/activations.ts';
import type { Database, Executor } from '../store/database.ts';
import { mutate } from '../store/database.ts';
import { lockFleetHost, setFleetState } from '../store/fleet.ts';
import { insertFlow } from '../store/flows.ts';
import { findPool } from '../store/pools.ts';
import { activationKind, beginLeaving, type Move, moved, summaryOf } from './activation-moves.ts';
import { type ActivationTerms, checkedTerms } from './activation-terms.ts';
import type { Caller } from './caller.ts';
import { noPool } from './pools.ts';
import { stateDigest } from './state-digest.ts';
import { parseTagSelector } from './tag-selector.ts';

/** A spare that is just that is in service at once; otherwise a flow puts a host into service. */
export async function requestActivation(
  database: Database,
  caller: Caller,
  poolId: string,
  terms: ActivationTerms,
): Promise<Activation> {
  return mutate(database, caller.actor, async (tx) => {
    if ((await findPool(tx, poolId)) === null) throw noPool(poolId);
    const wanted = { ...(await checkedTerms(tx, terms)), pool_id: poolId, spare: false, requested_by: caller.actor };
    const spare = await fittingSpare(tx, wanted);
    if (spare === null) return begun(tx, wanted);
    const { share, selector, tenant, requested_by } = wanted;
    const host = spare.host_id === null ? null : await lockFleetHost(tx, spare.host_id);
    const signals = host === null ? [] : await setFleetState(tx, host.host_id as HostId, 'production');
    const change = { state: 'active', spare: false, share, selector, tenant, requested_by } as const;
    const move = await moved(tx, spare, change, signals);
    return { ...move, value: await known(tx, spare.activation_id) };
  });
}

/** In the transaction of whoever wants it. */
export async function begun(tx: Executor, wanted: NewActivation): Promise<Move & { readonly value: Activation }> {
  const { activation_id } = await insertActivation(tx, wanted);
  const flow_id = await insertFlow(tx, activationKind, 'choose', { activation_id });
  const value = await changeActivation(tx, activation_id, { flow_id });
  return {
    value,
    audit: {
      action: 'pool:activate',
      resource: `activation/${activation_id}`,
      detail: summaryOf(value),
      before: null,
      after: stateDigest(summaryOf(value)),
    },
    signals: [
      { type: 'flow' },
      { type: 'event', event: 'activation.changed', subject: `${value.pool_id}/${activation_id}` },
    ],
  };
}

export async function endActivation(database: Database, caller: Caller, activationId: string): Promise<Activation> {
  return mutate(database, caller.actor, async (tx) => {
    const activation = await lockActivation(tx, activationId);
    if (activation === null) throw noActivation(activationId);
    const move = await beginLeaving(tx, activation);
    const value = move === null ? activation : await known(tx, activationId);
    return { audit: null, signals: [], ...move, value };
  });
}

export async function requireActivation(database: Database, activationId: string): Promise<Activation> {
  return known(database, activationId);
}

async function fittingSpare(tx: Executor, wanted: NewActivation): Promise<Activation | null> {
  const terms = wanted.selector === null ? [] : parseTagSelector(wanted.selector);
  const spares = await lockSpare(tx, wanted);
  return spares.find(({ tags }) => failingTerm(tags, terms) === null)?.activation ?? null;
}

async function known(db: Executor, activationId: string): Promise<Activation> {
  const activation = await findActivation(db, activationId);
  if (activation === null) throw noActivation(activationId);
  return activation;
}

function noActivation(activationId: string): GuiseError {
  return new GuiseError('activation_not_found', `Cannot find the activation "${activationId}"`);
}
