/**
 * Makes the host what was last desired of it.
 *
 * Invariants: one switch at a time; while one runs, only the newest desired state waits, and what came between is never applied;
 * what is desired is on disk before it is applied; a switch that failed for a passing reason is tried again until it is done
 * or something newer is desired, and one that was rolled back is not.
 */
import type { DesiredMessage } from '@guise/api';
import { GuiseError, retryable } from '@guise/model';
import type { ApplyOptions, Engine, Outcome } from '../engine/engine.ts';
import { backoffMs } from './backoff.ts';
import type { LinkClock } from './clock.ts';
import type { Desired, DesiredStore } from './desired-store.ts';

export type Result =
  | { readonly type: 'done'; readonly outcome: Outcome }
  | { readonly type: 'failed'; readonly error: GuiseError };

export interface FollowerParts {
  readonly engine: Engine;
  readonly store: DesiredStore;
  readonly clock: LinkClock;
  /** Asked anew for each switch: a host that is not connected now cannot be confirmed later. */
  readonly applyOptions: () => ApplyOptions;
  readonly onResult: (desired: Desired, result: Result) => void;
  readonly report: (line: string) => void;
}

const ignore = () => undefined;

export class DesiredFollower {
  readonly #parts: FollowerParts;
  #desired: Desired | null;
  #waiting: Desired | null = null;
  #running: Promise<void> | null = null;
  #cancelRetry: () => void = () => undefined;
  #closed = false;

  constructor(parts: FollowerParts) {
    this.#parts = parts;
    this.#desired = parts.store.read();
  }

  get desired(): Desired | null {
    return this.#desired;
  }

  /** From disk, when the agent starts. */
  resume(): void {
    if (this.#desired !== null && !this.#desired.suspended) this.#apply(this.#desired);
  }

  follow({ generation, digest, layers }: DesiredMessage): void {
    const desired = { generation, digest, layers, suspended: false };
    this.#keep(desired);
    this.#apply(desired);
  }

  /** By order of the control plane; what is desired stays suspended until something else is. */
  async rollback(to: 'previous' | 'baseline'): Promise<Outcome> {
    this.#waiting = null;
    this.#cancelRetry();
    while (this.#running !== null) await this.#running;
    const outcome = this.#rollbackNow(to);
    this.#occupy(outcome.then(ignore, ignore));
    return outcome;
  }

  async #rollbackNow(to: 'previous' | 'baseline'): Promise<Outcome> {
    const before = this.#desired;
    if (before !== null) this.#keep({ ...before, suspended: true });
    try {
      return await this.#parts.engine.rollback(to, this.#parts.applyOptions());
    } catch (error) {
      if (before !== null && this.#desired?.generation === before.generation) this.#keep(before);
      throw error;
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#waiting = null;
    this.#cancelRetry();
    await this.#running;
  }

  #keep(desired: Desired): void {
    this.#desired = desired;
    try {
      this.#parts.store.write(desired);
    } catch (error) {
      this.#parts.report(error instanceof Error ? error.message : String(error));
    }
  }

  #apply(desired: Desired): void {
    this.#cancelRetry();
    this.#waiting = desired;
    if (this.#running === null) this.#occupy(this.#run());
  }

  /** Whatever changes the host goes through here, one after the other; what was asked for meanwhile comes next. */
  #occupy(work: Promise<void>): void {
    this.#running = work.finally(() => {
      this.#running = null;
      if (this.#waiting !== null && !this.#closed) this.#occupy(this.#run());
    });
  }

  async #run(): Promise<void> {
    for (let attempt = 0; this.#waiting !== null && !this.#closed; ) {
      const desired = this.#waiting;
      this.#waiting = null;
      const result = await this.#switchTo(desired);
      this.#parts.onResult(desired, result);
      if (this.#waiting !== null || result.type === 'done' || !retryable(result.error.kind)) {
        attempt = 0;
        continue;
      }
      await this.#pause(backoffMs(attempt, this.#parts.clock.random));
      attempt += 1;
      // Unless something newer came, or an order, during the pause.
      if (this.#waiting === null && this.#desired === desired) this.#waiting = desired;
    }
  }

  async #switchTo(desired: Desired): Promise<Result> {
    try {
      return { type: 'done', outcome: await this.#parts.engine.apply(desired.layers, this.#parts.applyOptions()) };
    } catch (error) {
      if (error instanceof GuiseError) return { type: 'failed', error };
      throw error;
    }
  }

  /** Ends early when something newer comes. */
  #pause(ms: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const cancel = this.#parts.clock.after(ms, resolve);
    this.#cancelRetry = () => {
      cancel();
      resolve();
    };
    return promise;
  }
}
