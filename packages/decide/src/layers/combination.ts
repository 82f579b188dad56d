/** What applying the operators of several layers to one value gives. */
import type { Json } from '@guise/model';
import type { Contribution } from './effective.ts';

export interface Combination {
  readonly value: Json | undefined;
  /** Who was overruled by whom although both had a right to speak. */
  readonly clashes: readonly (readonly [winner: Contribution, loser: Contribution])[];
  readonly refused: readonly Contribution[];
  /** The bound that the value now stands at, when it did not stand there already. */
  readonly mover: Contribution | null;
}

/** Whether only names decide between the two. */
export function ties(a: Contribution, b: Contribution): boolean {
  return a.layer.priority === b.layer.priority && a.layer.instance !== b.layer.instance;
}
