/**
 * All schedules of a host: equal ones are one, and each is asked again only when its answer ends.
 *
 * Invariant: when the clock was set back every answer is asked for anew.
 */
import { DueQueue } from './due-queue.ts';
import type { ScheduleState } from './leaf-state.ts';
import type { Level } from './schedule.ts';

interface Shared {
  readonly states: ScheduleState[];
}

export class ScheduleWatch {
  readonly #due = new DueQueue<Shared>();
  readonly #shared: readonly Shared[];
  #atMs = Number.NEGATIVE_INFINITY;

  constructor(states: readonly ScheduleState[]) {
    const byKey = new Map<string, Shared>();
    for (const state of states) {
      const shared = byKey.get(state.leaf.key) ?? { states: [] };
      shared.states.push(state);
      byKey.set(state.leaf.key, shared);
    }
    this.#shared = [...byKey.values()];
    for (const shared of this.#shared) this.#due.set(shared, Number.NEGATIVE_INFINITY);
  }

  get nextMs(): number | null {
    return this.#due.nextMs();
  }

  update(atMs: number, onChange: (state: ScheduleState) => void): void {
    if (atMs < this.#atMs) for (const shared of this.#shared) this.#due.set(shared, Number.NEGATIVE_INFINITY);
    this.#atMs = atMs;
    for (let shared = this.#due.takeDue(atMs); shared !== null; shared = this.#due.takeDue(atMs)) {
      const level = shared.states[0]!.leaf.schedule.levelAt(atMs);
      this.#due.set(shared, level.untilMs);
      for (const state of shared.states) changeLevel(state, level, onChange);
    }
  }
}

function changeLevel(state: ScheduleState, level: Level, onChange: (state: ScheduleState) => void): void {
  const isChanged = state.level?.active !== level.active;
  state.level = level;
  if (isChanged) onChange(state);
}
