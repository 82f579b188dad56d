/**
 * Puts a host of a pool into service, and gives it back: choose → follow → verify, and return to choose when it fails there; or leave.
 *
 * Killed at a step that chose or judged: the same is chosen or judged again, from what the database says by then. Killed as a move was
 * committed: it is committed, with its step, or it is not; see app/activation-moves.ts. So a host is never activating for nobody.
 */
import type { Json } from '@guise/model';
import { activationKind } from '../../app/activation-moves.ts';
import type { Trust } from '../../app/served-trust.ts';
import type { Database } from '../../store/database.ts';
import type { FlowKind, Taken, Turn } from '../flow-kind.ts';
import { chooseStep } from './choose-step.ts';
import { followStep } from './follow-step.ts';
import { leaveStep, returnStep } from './return-step.ts';
import { verifyStep } from './verify-step.ts';

export type ActivationStep = 'choose' | 'follow' | 'verify' | 'return' | 'leave';

export interface ActivationData {
  readonly [key: string]: Json;
  readonly activation_id: string;
}

export interface ActivationParts {
  readonly database: Database;
  readonly trust: Trust;
  /** Default: `limits.activationHostGoneMs`. */
  readonly hostGoneMs?: number;
}

export type TakeStep = (turn: Turn<ActivationData>) => Promise<Taken<ActivationStep, ActivationData>>;

export function activationFlow(parts: ActivationParts): FlowKind<ActivationStep, ActivationData> {
  return {
    kind: activationKind,
    actor: ({ activation_id }) => `activation/${activation_id}`,
    steps: {
      choose: chooseStep(parts),
      follow: followStep(parts),
      verify: verifyStep(parts),
      return: returnStep(parts),
      leave: leaveStep(parts),
    },
    // What can be judged is judged in the steps; all else is the database or the program, and is tried again.
    failed: () => null,
  };
}
