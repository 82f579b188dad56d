/** Layers as claims, compiled once. Throws: what rendering and compiling throw; `limit_exceeded`. */
import type { CompiledLayer } from '@guise/decide';
import type { Facts, Layer } from '@guise/model';
import { GuiseError, limits } from '@guise/model';
import { digestOf } from '../host/digest.ts';
import type { KeptValues } from '../host/kept-values.ts';
import { LayerValues } from '../layer-values.ts';
import type { MakeElsewhere } from '../make-elsewhere.ts';

export class CompiledLayers {
  readonly #compiled: LayerValues<CompiledLayer>;

  constructor(kept: KeptValues | null, elsewhere: MakeElsewhere | null = null) {
    this.#compiled = new LayerValues({ name: 'compiled', kept, elsewhere, make: compile });
  }

  async of(layers: readonly Layer[], facts: Facts): Promise<readonly CompiledLayer[]> {
    if (layers.length > limits.layersPerHost) {
      throw new GuiseError(
        'limit_exceeded',
        `Cannot have ${layers.length} personas active at once: at most ${limits.layersPerHost}`,
      );
    }
    await this.#compiled.prepare(layers, facts);
    const compiled: CompiledLayer[] = [];
    for (const layer of layers) compiled.push(await this.#compiled.of(layer, facts));
    return compiled;
  }
}

async function compile(layer: Layer, facts: Facts): Promise<CompiledLayer> {
  const { compileLayer } = await import('@guise/decide/compile');
  return compileLayer(layer, facts, digestOf);
}
