/**
 * All thresholds on one metric, so kept that a sample costs only what it changes.
 *
 * Bounds are sorted: from one value to the next only those between them begin or end to qualify. Those that wait for their `for` are
 * queued by the instant of the sample that will meet it; time alone meets none.
 * Invariants: missing data makes every threshold unknown and breaks every run; `above` and `below` are strict.
 */
import { DueQueue } from './due-queue.ts';
import type { ThresholdState } from './leaf-state.ts';

/** Called with each threshold whose truth changed. */
export type OnChange = (state: ThresholdState) => void;

export class MetricWatch {
  readonly #above: readonly ThresholdState[];
  readonly #below: readonly ThresholdState[];
  readonly #pending = new DueQueue<ThresholdState>();
  #value: number | null = null;
  #sampledMs = Number.NEGATIVE_INFINITY;
  /** Nothing was heard of the metric yet, not even that it is missing. */
  #isFresh = true;

  constructor(states: readonly ThresholdState[]) {
    const byBound = (a: ThresholdState, b: ThresholdState) => a.leaf.bound - b.leaf.bound;
    this.#above = states.filter(({ leaf }) => leaf.comparison === 'above').sort(byBound);
    this.#below = states.filter(({ leaf }) => leaf.comparison === 'below').sort(byBound);
  }

  /** Null: unknown. */
  get sample(): { readonly value: number; readonly atMs: number } | null {
    return this.#value === null ? null : { value: this.#value, atMs: this.#sampledMs };
  }

  /** `value` null: there is no fresh sample. */
  update(value: number | null, sampledMs: number, onChange: OnChange): void {
    if (value === null) {
      this.#forget(onChange);
      return;
    }
    if (sampledMs < this.#sampledMs) this.#goBack(sampledMs);
    const from = this.#value;
    [this.#value, this.#sampledMs, this.#isFresh] = [value, sampledMs, false];
    const crossed =
      from === null
        ? [...this.#above, ...this.#below]
        : [...crossedBounds(this.#above, from, value), ...crossedBounds(this.#below, from, value)];
    for (const state of crossed) this.#measure(state, onChange);
    for (let state = this.#pending.takeDue(sampledMs); state !== null; state = this.#pending.takeDue(sampledMs)) {
      set(state, true, onChange);
    }
  }

  #measure(state: ThresholdState, onChange: OnChange): void {
    const { comparison, bound, forMs } = state.leaf;
    const value = this.#value!;
    const qualifies = comparison === 'above' ? value > bound : value < bound;
    if (!qualifies) {
      state.sinceMs = null;
      this.#pending.set(state, Number.POSITIVE_INFINITY);
      set(state, false, onChange);
      return;
    }
    // A restored run goes on, unless the clock was set back meanwhile.
    state.sinceMs = Math.min(state.sinceMs ?? this.#sampledMs, this.#sampledMs);
    const isMet = this.#sampledMs - state.sinceMs >= forMs;
    if (!isMet) this.#pending.set(state, state.sinceMs + forMs);
    set(state, isMet, onChange);
  }

  #forget(onChange: OnChange): void {
    if (this.#value === null && !this.#isFresh) return;
    [this.#value, this.#isFresh] = [null, false];
    this.#pending.clear();
    for (const state of [...this.#above, ...this.#below]) {
      state.sinceMs = null;
      set(state, null, onChange);
    }
  }

  /** Runs that began in what is now the future begin with this sample. */
  #goBack(sampledMs: number): void {
    for (const state of [...this.#above, ...this.#below]) {
      if (state.sinceMs === null || state.sinceMs <= sampledMs) continue;
      state.sinceMs = sampledMs;
      if (state.truth !== true) this.#pending.set(state, sampledMs + state.leaf.forMs);
    }
  }
}

function set(state: ThresholdState, truth: boolean | null, onChange: OnChange): void {
  if (state.truth === truth) return;
  state.truth = truth;
  onChange(state);
}

/** Of states sorted by bound those that begin or cease to qualify between two values. */
function crossedBounds(states: readonly ThresholdState[], from: number, to: number): readonly ThresholdState[] {
  const comparison = states[0]?.leaf.comparison;
  if (comparison === undefined || from === to) return [];
  const [low, high] = [Math.min(from, to), Math.max(from, to)];
  // "value > bound" changes for bounds in [low, high), "value < bound" for those in (low, high].
  const reaches = (edge: number) => (bound: number) => (comparison === 'above' ? bound >= edge : bound > edge);
  return states.slice(firstIndex(states, reaches(low)), firstIndex(states, reaches(high)));
}

/** The first whose bound passes a test that all later ones pass too. */
function firstIndex(states: readonly ThresholdState[], passes: (bound: number) => boolean): number {
  let [low, high] = [0, states.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (passes(states[middle]!.leaf.bound)) high = middle;
    else low = middle + 1;
  }
  return low;
}
