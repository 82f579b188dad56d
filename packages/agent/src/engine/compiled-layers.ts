/** Layers as claims, compiled once. Throws: what rendering and compiling throw; `limit_exceeded`. */
import type { CompiledLayer } from '@guise/decide';
import type { Facts, Layer } from '@guise/model';
import { GuiseError, limits } from '@guise/model';
import { digestOf } from '../host/digest.ts';
import type { KeptValues } from '../host/kept-values.ts';
import { LayerValues } from '../layer-values.ts';

export class CompiledLayers {
  readonly #compiled: LayerValues<CompiledLayer>;

  constructor(kept: KeptValues | null) {
    this.#compiled = new LayerValues({ name: 'compiled', kept, make: compile });
  }

  async of(layers: readonly Layer[], facts: Facts): Promise<readonly CompiledLayer[]> {
    if (layers.length <= limits.layersPerHost)
      return Promise.all(layers.map((layer) => this.#compiled.of(layer, facts)));
    throw new GuiseError(
      'limit_exceeded',
      `Cannot have ${layers.length} personas active at once: at most ${limits.layersPerHost}`,
    );
  }
}

async function compile(layer: Layer, facts: Facts): Promise<CompiledLayer> {
  const { compileLayer } = await import('@guise/decide/compile');
  return compileLayer(layer, facts, digestOf);
}
