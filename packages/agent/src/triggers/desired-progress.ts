/**
 * What became of what the control plane desires: the result of the first switch that had all of it in view and was not put off.
 *
 * A switch is about the desired state whose candidates there were when it began, whatever came meanwhile.
 */
import { type GuiseError, retryable } from '@guise/model';
import type { Desired } from '../link/desired-store.ts';
import type { SwitchResult } from './switcher.ts';

export interface DesiredResult {
  readonly desired: Desired;
  readonly result: SwitchResult;
}

interface Followed {
  readonly desired: Desired;
  isSettled: boolean;
}

export class DesiredProgress {
  #followed: Followed | null = null;
  #switchingTo: Followed | null = null;
  #result: DesiredResult | null = null;

  /** Of the last desired state that was switched to, or could not be. */
  get result(): DesiredResult | null {
    return this.#result;
  }

  /** Candidates are made of this now. */
  follow(desired: Desired | null): void {
    if (desired !== null && desired.generation !== this.#followed?.desired.generation)
      this.#followed = { desired, isSettled: false };
  }

  begin(): void {
    this.#switchingTo = this.#followed;
  }

  /** `unreadable`: of a persona that this host cannot read, and so has not become. */
  end(result: SwitchResult, isWhole: boolean, unreadable: GuiseError | null): void {
    const followed = this.#switchingTo;
    if (followed === null || followed.isSettled || !isWhole) return;
    followed.isSettled = result.type === 'done' || !retryable(result.error.kind);
    const told: SwitchResult = unreadable === null ? result : { type: 'failed', error: unreadable };
    this.#result = { desired: followed.desired, result: told };
  }
}
