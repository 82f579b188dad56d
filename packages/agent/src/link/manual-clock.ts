/** For tests: a clock that stands still until it is moved. */
import type { LinkClock } from './clock.ts';

interface Timer {
  readonly atMs: number;
  readonly callback: () => void;
}

export class ManualClock implements LinkClock {
  readonly #timers = new Set<Timer>();
  #steadyMs = 0;
  #dayMs: number;

  constructor(start: string) {
    this.#dayMs = Date.parse(start);
  }

  nowMs = (): number => this.#dayMs + this.#steadyMs;
  steadyMs = (): number => this.#steadyMs;
  random = (): number => 0.5;

  after = (ms: number, callback: () => void): (() => void) => {
    const timer = { atMs: this.#steadyMs + ms, callback };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  };

  /** Calls back what falls due, each at its time. */
  async advance(ms: number): Promise<void> {
    const untilMs = this.#steadyMs + ms;
    for (let next = this.#nextUntil(untilMs); next !== undefined; next = this.#nextUntil(untilMs)) {
      this.#timers.delete(next);
      this.#steadyMs = Math.max(this.#steadyMs, next.atMs);
      next.callback();
      await Promise.resolve();
    }
    this.#steadyMs = untilMs;
  }

  /** Sets the time of day; what never jumps stays. */
  jump(ms: number): void {
    this.#dayMs += ms;
  }

  #nextUntil(untilMs: number): Timer | undefined {
    const due = [...this.#timers].filter(({ atMs }) => atMs <= untilMs);
    return due.sort((one, other) => one.atMs - other.atMs)[0];
  }
}
