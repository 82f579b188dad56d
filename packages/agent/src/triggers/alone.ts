/**
 * Somebody has the host alone for a while: nothing but his work switches it, neither triggers nor people nor the control plane.
 *
 * A switch that is under way ends first; what is asked for meanwhile waits. Layers become active as they are, whatever their triggers,
 * holds and ends of signatures say: whoever has the host alone brings back what was.
 * Killed meanwhile: as in any switch; which set may be ours is on disk before it begins.
 */
import type { Layer } from '@guise/model';
import type { ApplyOptions, Engine } from '../engine/engine.ts';
import { mustStand } from '../engine/must-stand.ts';
import type { ActiveSetOwner } from './active-set-owner.ts';
import type { Switcher } from './switcher.ts';

/** Makes exactly these layers active. Throws: why the host is not so. */
export type SwitchTo = (layers: readonly Layer[]) => Promise<void>;

interface AloneParts {
  readonly engine: Pick<Engine, 'apply'>;
  readonly switcher: Pick<Switcher, 'active' | 'noticed' | 'settled'>;
  readonly owner: Pick<ActiveSetOwner, 'owns'>;
  readonly applyOptions: () => ApplyOptions;
  /** Puts on disk whose sets are ours. */
  readonly keep: () => void;
  readonly onSwitch: () => void;
  /** What was said meanwhile is looked at. */
  readonly afterwards: () => Promise<unknown>;
}

export class Alone {
  readonly #parts: AloneParts;
  #turn: Promise<unknown> | null = null;

  constructor(parts: AloneParts) {
    this.#parts = parts;
  }

  get isTaken(): boolean {
    return this.#turn !== null;
  }

  /** Resolves once nobody has the host alone and `other` has come to its end. */
  async ready(other: () => Promise<unknown>): Promise<void> {
    do {
      await this.#turn;
      await other();
    } while (this.#turn !== null);
  }

  async run<Value>(work: (switchTo: SwitchTo) => Promise<Value>): Promise<Value> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#turn = promise;
    try {
      await this.#parts.switcher.settled();
      return await work((layers) => this.#switchTo(layers));
    } finally {
      this.#turn = null;
      resolve();
      await this.#parts.afterwards();
    }
  }

  async #switchTo(layers: readonly Layer[]): Promise<void> {
    const { engine, switcher, owner, applyOptions, keep, onSwitch } = this.#parts;
    owner.owns(switcher.active, layers);
    keep();
    mustStand(await engine.apply(layers, applyOptions()));
    switcher.noticed(layers);
    owner.owns(layers);
    keep();
    onSwitch();
  }
}
