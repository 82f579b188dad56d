/**
 * What a person on this host says: apply this persona, roll back. It outranks triggers for as long as it says, or an hour.
 *
 * Where no trigger could object, it is a declaration and lasts. A hold brings its layer along when that is no candidate here.
 */
import type { Hold, Layer } from '@guise/model';
import { limits } from '@guise/model';
import type { Outcome } from '../engine/engine.ts';
import type { Conductor } from './conductor.ts';
import { holdOn, type KeptHold } from './holds.ts';
import { layerKey } from './layer-key.ts';

export interface ByHand {
  /** Null: as long as nothing else is said, or `limits.holdDefaultMs` where triggers could object. */
  readonly forMs: number | null;
  readonly reason: string;
  readonly nowMs: number;
  /** Unguessable. */
  readonly makeId: () => string;
}

/** `only`: nothing else stays active. */
export async function applyByHand(conductor: Conductor, layer: Layer, only: boolean, by: ByHand): Promise<Outcome> {
  const known = conductor.candidates.get(layer.instance);
  const isCandidate = known !== undefined && layerKey(known.layer) === layerKey(layer);
  const objects = (await conductor.hasTriggersOf(layer)) || (only && conductor.hasTriggers);
  const isHeld = holdOn(layer.instance, conductor.holds()) !== null;
  if (by.forMs === null && !objects && !isHeld) return only ? conductor.declare([layer]) : conductor.declareAlso(layer);
  const active = { hold: holdOf(layer.instance, 'active', by), layer: isCandidate ? null : layer };
  // Of two that begin at one instant the later one counts.
  return conductor.hold(only ? [{ hold: holdOf(null, 'inactive', by), layer: null }, active] : [active]);
}

/** Throws: `transaction_not_found`. */
export function rollbackByHand(conductor: Conductor, to: 'previous' | 'baseline', by: ByHand): Promise<Outcome> {
  if (by.forMs === null && !conductor.hasTriggers) return conductor.rollback(to);
  if (to === 'baseline') return conductor.hold([{ hold: holdOf(null, 'inactive', by), layer: null }]);
  const before = conductor.setBefore(to);
  const returning: readonly KeptHold[] = before.map((layer) => {
    const known = conductor.candidates.get(layer.instance);
    const isCandidate = known !== undefined && layerKey(known.layer) === layerKey(layer);
    return { hold: holdOf(layer.instance, 'active', by), layer: isCandidate ? null : layer };
  });
  return conductor.hold([{ hold: holdOf(null, 'inactive', by), layer: null }, ...returning]);
}

function holdOf(instance: string | null, effect: Hold['effect'], { forMs, reason, nowMs, makeId }: ByHand): Hold {
  return {
    id: makeId(),
    instance,
    effect,
    reason,
    owner: 'local',
    from: new Date(nowMs).toISOString(),
    until: new Date(nowMs + (forMs ?? limits.holdDefaultMs)).toISOString(),
  };
}
