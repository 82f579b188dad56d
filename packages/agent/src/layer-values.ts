/**
 * What is made of a layer and the host's facts alone, made once: remembered for as long as the persona is in memory, and kept on disk where
 * that is possible, so that a process which only meets personas that it knows never loads their schema.
 */
import type { Facts, Layer, ResolvedPersona } from '@guise/model';
import { digestOf } from './host/digest.ts';
import type { KeptValues } from './host/kept-values.ts';
import type { MakeElsewhere } from './make-elsewhere.ts';

interface Remembered<Value> {
  readonly use: string;
  readonly value: Value;
}

export interface LayerValuesOptions<Value> {
  /** Tells values of one sort from those of another in the same directory. */
  readonly name: string;
  /** Null: nothing outlives this process. */
  readonly kept: KeptValues | null;
  /** Null: this process makes them. */
  readonly elsewhere: MakeElsewhere | null;
  readonly make: (layer: Layer, facts: Facts) => Promise<Value>;
}

export class LayerValues<Value> {
  readonly #options: LayerValuesOptions<Value>;
  readonly #byPersona = new WeakMap<ResolvedPersona, Remembered<Value>>();

  constructor(options: LayerValuesOptions<Value>) {
    this.#options = options;
  }

  /** Has those that are missing made elsewhere, all by one process. What could not be made there is made by `of`. */
  async prepare(layers: readonly Layer[], facts: Facts): Promise<void> {
    const { elsewhere } = this.#options;
    if (elsewhere === null) return;
    const missing = layers.filter((layer) => this.#find(layer, facts) === undefined);
    if (missing.length > 0) await elsewhere({ type: 'compile', layers: missing, facts });
  }

  /** Throws: what making it throws. */
  async of(layer: Layer, facts: Facts): Promise<Value> {
    const found = this.#find(layer, facts);
    if (found !== undefined) return found;
    const value = await this.#options.make(layer, facts);
    const use = useOf(layer, facts);
    this.#options.kept?.put(this.#keyOf(layer, use), value);
    this.#byPersona.set(layer.persona, { use, value });
    return value;
  }

  #find(layer: Layer, facts: Facts): Value | undefined {
    const use = useOf(layer, facts);
    const remembered = this.#byPersona.get(layer.persona);
    if (remembered?.use === use) return remembered.value;
    const value = this.#options.kept?.get(this.#keyOf(layer, use)) as Value | undefined;
    if (value !== undefined) this.#byPersona.set(layer.persona, { use, value });
    return value;
  }

  #keyOf({ persona }: Layer, use: string): string {
    return digestOf(Buffer.from(`${this.#options.name}\0${use}\0${JSON.stringify(persona)}`));
  }
}

/** All that a value depends on besides the persona. */
function useOf({ persona: _persona, ...rest }: Layer, facts: Facts): string {
  return JSON.stringify([rest, facts]);
}
