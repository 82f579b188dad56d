/** One text per layer: equal for equal layers, whoever assigned them and however often they were read from disk. */
import { digestOfJson, type Json, type Layer, type ResolvedPersona } from '@guise/model';

const digests = new WeakMap<ResolvedPersona, string>();

export function layerKey({ instance, version, priority, parameters, persona }: Layer): string {
  const digest = digests.get(persona) ?? digestOfJson(persona as unknown as Json);
  digests.set(persona, digest);
  return `${instance} ${version} ${priority} ${JSON.stringify(parameters)} ${digest}`;
}

/** Of a whole active set; the order of layers does not count. */
export function setKey(layers: readonly Layer[]): string {
  return digestOfJson(layers.map(layerKey).sort());
}
