/**
 * Layers as claims, compiled once: what compiling gives depends on the layer and the host's facts alone.
 *
 * Remembered for as long as the persona is in memory, and kept on disk where that is possible, so that a process which only compares
 * the host with personas that it knows never loads their schema.
 * Throws: what rendering and compiling throw; `limit_exceeded`.
 */
import type { Compiled } from '@guise/decide';
import type { Facts, Layer, ResolvedPersona } from '@guise/model';
import { GuiseError, limits } from '@guise/model';
import { digestOf } from '../host/digest.ts';
import type { KeptValues } from '../host/kept-values.ts';
import type { MakeElsewhere } from '../make-elsewhere.ts';

interface Remembered {
  readonly use: string;
  readonly compiled: Compiled;
}

export class CompiledLayers {
  readonly #kept: KeptValues | null;
  readonly #elsewhere: MakeElsewhere | null;
  readonly #byPersona = new WeakMap<ResolvedPersona, Remembered>();

  constructor(kept: KeptValues | null, elsewhere: MakeElsewhere | null = null) {
    this.#kept = kept;
    this.#elsewhere = elsewhere;
  }

  async of(layers: readonly Layer[], facts: Facts): Promise<readonly Compiled[]> {
    if (layers.length > limits.layersPerHost) {
      throw new GuiseError(
        'limit_exceeded',
        `Cannot have ${layers.length} personas active at once: at most ${limits.layersPerHost}`,
      );
    }
    const missing = layers.filter((layer) => this.#find(layer, facts) === undefined);
    if (missing.length > 0) await this.#elsewhere?.({ type: 'compile', layers: missing, facts });
    const compiled: Compiled[] = [];
    for (const layer of layers) compiled.push(this.#find(layer, facts) ?? (await this.#make(layer, facts)));
    return compiled;
  }

  #find(layer: Layer, facts: Facts): Compiled | undefined {
    const use = useOf(layer, facts);
    const remembered = this.#byPersona.get(layer.persona);
    if (remembered?.use === use) return remembered.compiled;
    const compiled = this.#kept?.get(keyOf(layer, use)) as Compiled | undefined;
    if (compiled !== undefined) this.#byPersona.set(layer.persona, { use, compiled });
    return compiled;
  }

  async #make(layer: Layer, facts: Facts): Promise<Compiled> {
    const { compileLayer } = await import('@guise/decide/compile');
    const compiled = compileLayer(layer, facts, digestOf);
    const use = useOf(layer, facts);
    this.#kept?.put(keyOf(layer, use), compiled);
    this.#byPersona.set(layer.persona, { use, compiled });
    return compiled;
  }
}

/** All that compiling depends on besides the persona. */
function useOf({ persona: _persona, ...rest }: Layer, facts: Facts): string {
  return JSON.stringify([rest, facts]);
}

function keyOf({ persona }: Layer, use: string): string {
  return digestOf(Buffer.from(`compiled\0${use}\0${JSON.stringify(persona)}`));
}
