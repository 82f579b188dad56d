/** Time per phase of a switch, in ms. Two laps of one phase add up. */
export class Stopwatch {
  readonly #laps: { [phase: string]: number };
  #since = performance.now();

  constructor(before: { readonly [phase: string]: number } = {}) {
    this.#laps = { ...before };
  }

  lap(phase: string): void {
    const now = performance.now();
    this.#laps[phase] = Math.round(((this.#laps[phase] ?? 0) + now - this.#since) * 1000) / 1000;
    this.#since = now;
  }

  get laps(): { readonly [phase: string]: number } {
    return { ...this.#laps };
  }
}
