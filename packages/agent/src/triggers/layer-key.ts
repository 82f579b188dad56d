/** One text per layer: equal for equal layers, whoever assigned them and however often they were read from disk. */
import { canonicalJson, type Json, type Layer, type ResolvedPersona } from '@guise/model';
import { digestOf } from '../host/digest.ts';

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

/** By Node, because an agent runs JavaScript without the compilers that would make hashing in it quick. */
function digestOfJson(value: Json): string {
  return digestOf(Buffer.from(canonicalJson(value)));
}
