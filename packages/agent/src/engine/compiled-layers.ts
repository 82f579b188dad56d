/**
 * Layers as claims, compiled once: what compiling gives depends on the layer and the host's facts alone.
 *
 * Remembered for as long as the persona is in memory, and kept on disk where that is possible, so that a process which only compares
 * the host with personas that it knows never loads their schema.
 * Throws: what rendering and compiling throw; `limit_exceeded`.
 */
import type { CompiledLayer } from '@guise/decide';
import type { Facts, Layer, ResolvedPersona } from '@guise/model';
import { GuiseError, limits } from '@guise/model';
import { digestOf } from '../host/digest.ts';
import type { KeptValues } from '../host/kept-values.ts';

interface Remembered {
  readonly use: string;
  readonly compiled: CompiledLayer;
}

export class CompiledLayers {
  readonly #kept: KeptValues | null;
  readonly #byPersona = new WeakMap<ResolvedPersona, Remembered>();

  constructor(kept: KeptValues | null) {
    this.#kept = kept;
  }

  async of(layers: readonly Layer[], facts: Facts): Promise<readonly CompiledLayer[]> {
    if (layers.length <= limits.layersPerHost) return Promise.all(layers.map((layer) => this.#compiled(layer, facts)));
    throw new GuiseError(
      'limit_exceeded',
      `Cannot have ${layers.length} personas active at once: at most ${limits.layersPerHost}`,
    );
  }

  async #compiled({ persona, ...rest }: Layer, facts: Facts): Promise<CompiledLayer> {
    const use = JSON.stringify([rest, facts]);
    const remembered = this.#byPersona.get(persona);
    if (remembered?.use === use) return remembered.compiled;
    const key = this.#kept === null ? '' : digestOf(Buffer.from(`compiled\0${use}\0${JSON.stringify(persona)}`));
    const kept = this.#kept?.get(key) as CompiledLayer | undefined;
    const compiled = kept ?? (await compile({ persona, ...rest }, facts));
    if (kept === undefined) this.#kept?.put(key, compiled);
    this.#byPersona.set(persona, { use, compiled });
    return compiled;
  }
}

async function compile(layer: Layer, facts: Facts): Promise<CompiledLayer> {
  const { compileLayer } = await import('@guise/decide/compile');
  return compileLayer(layer, facts, digestOf);
}
