/**
 * The holds of one host: made, ended by hand, and ended by themselves.
 *
 * Invariants: at most `limits.holdsPerHost`; a hold on an instance that is no candidate brings its layer along; one that has ended
 * is forgotten at the next look, whatever the clock did in between.
 * Throws: `limit_exceeded`, `argument_invalid`.
 */
import type { Hold, Layer } from '@guise/model';
import { GuiseError, limits } from '@guise/model';

export interface KeptHold {
  readonly hold: Hold;
  /** What the hold itself brought to this host; null when it is about candidates alone. */
  readonly layer: Layer | null;
}

export class HoldBook {
  #kept: readonly KeptHold[];

  constructor(kept: readonly KeptHold[]) {
    this.#kept = kept;
  }

  get kept(): readonly KeptHold[] {
    return this.#kept;
  }

  /** The same id again replaces the hold, so an order that comes twice is one. */
  add(kept: KeptHold, nowMs: number): void {
    const { hold } = kept;
    const lastsMs = Date.parse(hold.until) - nowMs;
    if (!(lastsMs > 0 && lastsMs <= limits.holdMaxMs)) {
      throw new GuiseError(
        'argument_invalid',
        `Cannot hold until ${hold.until}: it must be later than now and at most ${limits.holdMaxMs / 86_400_000} days away`,
      );
    }
    const others = this.#kept.filter((each) => each.hold.id !== hold.id);
    if (others.length >= limits.holdsPerHost) {
      throw new GuiseError(
        'limit_exceeded',
        `Cannot hold: this host has ${others.length} holds already; release one first`,
      );
    }
    this.#kept = [...others, kept];
  }

  /** False when there is none. */
  release(id: string): boolean {
    return this.#keepOnly(({ hold }) => hold.id !== id);
  }

  /** Forgets those that have ended; true when there were any. */
  expire(nowMs: number): boolean {
    return this.#keepOnly(({ hold }) => Date.parse(hold.until) > nowMs);
  }

  /** When the next one ends; null when there is none. */
  nextEndMs(): number | null {
    const ends = this.#kept.map(({ hold }) => Date.parse(hold.until));
    return ends.length === 0 ? null : Math.min(...ends);
  }

  #keepOnly(stays: (kept: KeptHold) => boolean): boolean {
    const before = this.#kept.length;
    this.#kept = this.#kept.filter(stays);
    return this.#kept.length < before;
  }
}

/** Of those about this instance, the one that was made last. */
export function holdOn(instance: string, holds: readonly Hold[]): Hold | null {
  const about = holds.filter((hold) => hold.instance === null || hold.instance === instance);
  return about.reduce<Hold | null>(
    (latest, hold) => (latest === null || Date.parse(hold.from) >= Date.parse(latest.from) ? hold : latest),
    null,
  );
}
