/**
 * Takes what is due, a bounded number at once: on every wake-up, when the next is due, and every period, because a wake-up may be lost.
 *
 * Invariants: one look at a time, and one more when it was woken meanwhile; whatever ends looks again; a look that failed, as while the
 * database is away, is followed by another after the period.
 */
export interface DueWorkParts<Item> {
  readonly atOnce: number;
  readonly periodMs: number;
  /** At most `count` that are due, as this process's own. */
  readonly claim: (count: number) => Promise<readonly Item[]>;
  /** Milliseconds until the next is due; null when none is. */
  readonly nextMs: () => Promise<number | null>;
  readonly take: (item: Item) => Promise<void>;
  readonly onFailure: (error: unknown) => void;
}

export class DueWork<Item> {
  readonly #parts: DueWorkParts<Item>;
  readonly #running = new Set<Promise<void>>();
  readonly #ending = new AbortController();
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> | null = null;
  #lookAgain = false;

  constructor(parts: DueWorkParts<Item>) {
    this.#parts = parts;
  }

  /** Aborted at the end: what is being taken is to be cut short. */
  get signal(): AbortSignal {
    return this.#ending.signal;
  }

  look(): void {
    if (this.signal.aborted) return;
    this.#lookAgain = true;
    this.#looking ??= this.#lookNow()
      .catch((error: unknown) => {
        this.#parts.onFailure(error);
        this.#lookIn(this.#parts.periodMs);
      })
      .finally(() => {
        this.#looking = null;
        if (this.#lookAgain) this.look();
      });
  }

  /** Takes nothing more. */
  end(): void {
    this.#ending.abort();
    clearTimeout(this.#timer);
  }

  /** Resolves when nothing runs any more. */
  async stop(): Promise<void> {
    this.end();
    await this.#looking;
    await Promise.all(this.#running);
  }

  async #lookNow(): Promise<void> {
    const { atOnce, periodMs, claim, nextMs } = this.#parts;
    this.#lookAgain = false;
    const free = atOnce - this.#running.size;
    // Whatever ends looks again.
    if (free <= 0) return;
    for (const item of await claim(free)) this.#run(item);
    this.#lookIn(Math.min(Math.max((await nextMs()) ?? periodMs, 1), periodMs));
  }

  #lookIn(ms: number): void {
    clearTimeout(this.#timer);
    if (this.signal.aborted) return;
    this.#timer = setTimeout(() => this.look(), ms);
  }

  #run(item: Item): void {
    const taking = this.#parts
      .take(item)
      .catch(this.#parts.onFailure)
      .finally(() => {
        this.#running.delete(taking);
        this.look();
      });
    this.#running.add(taking);
  }
}
