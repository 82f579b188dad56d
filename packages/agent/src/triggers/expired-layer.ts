/**
 * What may not become active any more: a layer whose signature has ended.
 *
 * An end blocks what is new, whoever wants it: an assignment, a trigger, a hold, a person who goes back. What is active stays, is
 * repaired, and is applied again after a reboot. Layers that a person applied from files have no signature and no end.
 * Throws: `signature_expired` from `refuseExpired`.
 */
import { GuiseError, type Layer } from '@guise/model';
import { layerKey } from './layer-key.ts';

/** One sentence; null when it may become active, or is. `active`: keys of the layers as the host is now. */
export function blockedByEnd(layer: Layer, active: ReadonlySet<string>, nowMs: number): string | null {
  const end = layer.signature?.expires_at;
  if (end === undefined || Date.parse(end) > nowMs || active.has(layerKey(layer))) return null;
  return `the signature of ${layer.persona_id}@${layer.version} ended at ${end}: it is applied nowhere anew`;
}

export function refuseExpired(layers: readonly Layer[], active: ReadonlySet<string>, nowMs: number): void {
  for (const layer of layers) {
    const reason = blockedByEnd(layer, active, nowMs);
    if (reason !== null) throw new GuiseError('signature_expired', `Cannot apply "${layer.instance}": ${reason}`);
  }
}
