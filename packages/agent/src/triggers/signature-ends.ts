/**
 * What may not become active any more: a layer whose signature has ended.
 *
 * An end blocks what is new, whoever wants it: an assignment, a trigger, a hold, a person who goes back. What is active stays, is
 * repaired, and is applied again after a reboot. Layers that a person applied from files have no signature and no end.
 */
import { GuiseError, type Layer } from '@guise/model';
import type { KeptHold } from './holds.ts';
import { layerKey } from './layer-key.ts';
import type { ReadyCandidate } from './ready-candidate.ts';

/** One sentence; null when it may become active, or is. `active`: keys of the layers as the host is now. */
export function blockedByEnd(layer: Layer, active: ReadonlySet<string>, nowMs: number): string | null {
  const end = layer.signature?.expires_at;
  if (end === undefined || Date.parse(end) > nowMs || active.has(layerKey(layer))) return null;
  return `the signature of ${layer.persona_id}@${layer.version} ended at ${end}: it is applied nowhere anew`;
}

/** On one host, as it is whenever it is asked. */
export class SignatureEnds {
  readonly #active: () => readonly Layer[];
  readonly #nowMs: () => number;

  constructor(active: () => readonly Layer[], nowMs: () => number) {
    this.#active = active;
    this.#nowMs = nowMs;
  }

  /** Throws: `signature_expired` when one of them may not become active. */
  refuse(layers: readonly Layer[]): void {
    for (const layer of layers) {
      const error = this.#errorOf(layer);
      if (error !== null) throw error;
    }
  }

  /** Why something that the control plane desires cannot be here: it cannot be read, or its signature has ended. */
  missing(candidates: Iterable<ReadyCandidate>): GuiseError | null {
    for (const { source, error, layer } of candidates) {
      const reason = source === 'server' ? (error ?? this.#errorOf(layer)) : null;
      if (reason !== null) return reason;
    }
    return null;
  }

  #errorOf(layer: Layer): GuiseError | null {
    const reason = blockedByEnd(layer, new Set(this.#active().map(layerKey)), this.#nowMs());
    return reason === null ? null : new GuiseError('signature_expired', `Cannot apply "${layer.instance}": ${reason}`);
  }
}

/** What holds make active. */
export function heldActive(
  holds: readonly KeptHold[],
  candidates: ReadonlyMap<string, ReadyCandidate>,
): readonly Layer[] {
  return holds.flatMap(({ hold: { instance, effect }, layer }) => {
    const held = layer ?? (instance === null ? undefined : candidates.get(instance)?.layer);
    return effect === 'active' && held !== undefined ? [held] : [];
  });
}
