/**
 * Tells whether the active set is what this agent made it, or somebody else changed it through the journal.
 *
 * While the agent runs, the journal says that another process wrote to it. Over a restart, keys of sets do: the one that was made last
 * and, while a switch runs, the one that it may end in; both are on disk before it begins. A journal that knows of no switch at all
 * was lost, and nobody said anything with it.
 */
import type { Layer } from '@guise/model';
import type { Engine } from '../engine/engine.ts';
import { setKey } from './layer-key.ts';

type Journal = Pick<Engine, 'active' | 'previous' | 'foreignWrites'>;

export class ActiveSetOwner {
  readonly #journal: Journal;
  #keys: readonly string[];
  #foreignWrites: number;

  /** `keys`: as they were last kept. */
  constructor(journal: Journal, keys: readonly string[]) {
    this.#journal = journal;
    this.#keys = keys;
    this.#foreignWrites = journal.foreignWrites();
  }

  /** To be kept on disk. */
  get keys(): readonly string[] {
    return this.#keys;
  }

  /** When the agent starts. */
  isForeign(active: readonly Layer[]): boolean {
    return this.#keys.length > 0 && !this.#keys.includes(setKey(active)) && this.#journal.previous() !== null;
  }

  owns(...sets: readonly (readonly Layer[])[]): void {
    this.#keys = sets.map(setKey);
  }

  /** Somebody wrote since the last `changedFrom`. */
  isOutdated(): boolean {
    return this.#journal.foreignWrites() !== this.#foreignWrites;
  }

  /** The active set, when somebody else made it another than this; null when nobody did. */
  changedFrom(known: readonly Layer[]): readonly Layer[] | null {
    if (!this.isOutdated()) return null;
    this.#foreignWrites = this.#journal.foreignWrites();
    const active = this.#journal.active();
    return setKey(active) === setKey(known) ? null : active;
  }
}
