/**
 * All subscriptions to events. An event costs only the subscriptions to its type; one that came before is nothing.
 *
 * What counts: type and source match, `where` holds, `accumulate` has enough, `once_within` lets it. Times are those at which the host
 * heard of the event, because clocks elsewhere are not its own.
 * Bounds: `limits.eventsRemembered` pairs of source and id, the oldest forgotten first; `accumulate.count` times a subscription.
 */
import { type CloudEvent, digestOfJson, limits } from '@guise/model';
import type { EventState } from './leaf-state.ts';

export class EventWatch {
  /** By whole type; those with a star are in `#open`. */
  readonly #byType = new Map<string, EventState[]>();
  readonly #open: EventState[];
  readonly #seen: Set<string>;

  /** `seen`: of an earlier watch, oldest first. */
  constructor(states: readonly EventState[], seen: Iterable<string>) {
    this.#open = states.filter(({ leaf }) => leaf.eventType.endsWith('*'));
    for (const state of states) {
      const { eventType } = state.leaf;
      if (!eventType.endsWith('*')) this.#byType.set(eventType, [...(this.#byType.get(eventType) ?? []), state]);
    }
    this.#seen = new Set(seen);
  }

  /** Oldest first. */
  get seen(): ReadonlySet<string> {
    return this.#seen;
  }

  /** `onMatch` gets every subscription for which the event counts, after its state was brought up to date. */
  hear(event: CloudEvent, atMs: number, onMatch: (state: EventState) => void): void {
    const named = this.#byType.get(event.type) ?? [];
    const open = this.#open.filter(({ leaf }) => isNamed(leaf.eventType, event.type));
    // What nobody subscribed to must not push out what somebody did.
    if (named.length + open.length === 0 || !this.#isNew(event)) return;
    for (const state of [...named, ...open]) if (counts(state, event, atMs)) onMatch(state);
  }

  #isNew({ source, id }: CloudEvent): boolean {
    const pair = `${source} ${id}`;
    const key = pair.length > limits.eventKeyChars ? digestOfJson([source, id]) : pair;
    if (this.#seen.has(key)) return false;
    this.#seen.add(key);
    if (this.#seen.size > limits.eventsRemembered) for (const oldest of this.#seen) return this.#seen.delete(oldest);
    return true;
  }
}

function counts(state: EventState, event: CloudEvent, atMs: number): boolean {
  const { source, where, forMs, onceWithinMs, accumulate } = state.leaf;
  if (source !== null && !isNamed(source, event.source)) return false;
  if (where !== null && !where(event)) return false;
  if (accumulate !== null) {
    const recent = state.timesMs.filter((timeMs) => atMs - timeMs < accumulate.withinMs);
    state.timesMs = [...recent, atMs].slice(-accumulate.count);
    if (state.timesMs.length < accumulate.count) return false;
  }
  if (atMs - state.acceptedMs < onceWithinMs) return false;
  state.acceptedMs = atMs;
  state.event = { id: event.id, source: event.source, type: event.type };
  if (forMs !== null) state.holdUntilMs = atMs + forMs;
  else if (accumulate !== null) state.holdUntilMs = state.timesMs[0]! + accumulate.withinMs;
  else state.holdUntilMs = Number.POSITIVE_INFINITY;
  return true;
}

function isNamed(pattern: string, name: string): boolean {
  return pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : name === pattern;
}
