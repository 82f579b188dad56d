/**
 * The holds of one host: made, ended by hand, and ended by themselves.
 *
 * Invariants: at most `limits.holdsPerHost`; of two on one instance the later one counts, and one on every instance is on each.
 */
import type { Hold, Layer } from '@guise/model';
import { GuiseError, limits } from '@guise/model';

export interface KeptHold {
  readonly hold: Hold;
  /** What the hold itself brought to this host; null when it is about candidates alone. */
  readonly layer: Layer | null;
}

/** The same id again replaces the hold, so an order that comes twice is one. Throws: `limit_exceeded`, `argument_invalid`. */
export function withHold(kept: readonly KeptHold[], added: KeptHold, nowMs: number): readonly KeptHold[] {
  const { id, until } = added.hold;
  const lastsMs = Date.parse(until) - nowMs;
  if (!(lastsMs > 0 && lastsMs <= limits.holdMaxMs)) {
    throw new GuiseError(
      'argument_invalid',
      `Cannot hold until ${until}: it must be later than now and at most ${limits.holdMaxMs / 86_400_000} days away`,
    );
  }
  const others = kept.filter(({ hold }) => hold.id !== id);
  if (others.length < limits.holdsPerHost) return [...others, added];
  throw new GuiseError(
    'limit_exceeded',
    `Cannot hold: this host has ${others.length} holds already; release one first`,
  );
}

export function lastingHolds(kept: readonly KeptHold[], nowMs: number): readonly KeptHold[] {
  return kept.filter(({ hold }) => Date.parse(hold.until) > nowMs);
}

/** Infinity when there is none. */
export function nextEndMs(kept: readonly KeptHold[]): number {
  return Math.min(...kept.map(({ hold }) => Date.parse(hold.until)), Number.POSITIVE_INFINITY);
}

/** The hold that counts for this instance. */
export function holdOn(instance: string, holds: readonly Hold[]): Hold | null {
  const about = holds.filter((hold) => hold.instance === null || hold.instance === instance);
  return about.reduce<Hold | null>(
    (latest, hold) => (latest === null || Date.parse(hold.from) >= Date.parse(latest.from) ? hold : latest),
    null,
  );
}

/** Throws: `persona_not_found`. */
export function requireCandidate({ instance }: Hold, candidates: ReadonlyMap<string, unknown>): void {
  if (instance === null || candidates.has(instance)) return;
  throw new GuiseError(
    'persona_not_found',
    `Cannot hold "${instance}": the candidates of this host are ${[...candidates.keys()].join(', ') || 'none'}`,
  );
}
