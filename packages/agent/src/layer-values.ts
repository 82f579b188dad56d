/**
 * What is made of a layer and the host's facts alone, made once: remembered for as long as the persona is in memory, and kept on disk where
 * that is possible, so that a process which only meets personas that it knows never loads their schema.
 */
import type { Facts, Layer, ResolvedPersona } from '@guise/model';
import { digestOf } from './host/digest.ts';
import type { KeptValues } from './host/kept-values.ts';

interface Remembered<Value> {
  readonly use: string;
  readonly value: Value;
}

export interface LayerValuesOptions<Value> {
  /** Tells values of one sort from those of another in the same directory. */
  readonly name: string;
  /** Null: nothing outlives this process. */
  readonly kept: KeptValues | null;
  readonly make: (layer: Layer, facts: Facts) => Promise<Value>;
}

export class LayerValues<Value> {
  readonly #options: LayerValuesOptions<Value>;
  readonly #byPersona = new WeakMap<ResolvedPersona, Remembered<Value>>();

  constructor(options: LayerValuesOptions<Value>) {
    this.#options = options;
  }

  /** Throws: what making it throws. */
  async of({ persona, ...rest }: Layer, facts: Facts): Promise<Value> {
    const { name, kept, make } = this.#options;
    const use = JSON.stringify([rest, facts]);
    const remembered = this.#byPersona.get(persona);
    if (remembered?.use === use) return remembered.value;
    const key = kept === null ? '' : digestOf(Buffer.from(`${name}\0${use}\0${JSON.stringify(persona)}`));
    const known = kept?.get(key) as Value | undefined;
    const value = known ?? (await make({ persona, ...rest }, facts));
    if (known === undefined) kept?.put(key, value);
    this.#byPersona.set(persona, { use, value });
    return value;
  }
}
