/**
 * What a failure of a step means: to try again, to give the host back clean, or to keep it from everybody.
 *
 * What passes by itself is waited for, as long as the step has patience; what is wrong for good ends it at once; what may be either is
 * tried a few times. A host that has changed goes back by its snapshot. Of the last step there is no way on: it is tried for ever.
 */
import type { CheckoutState } from '@guise/api';
import type { ErrorKind, Json } from '@guise/model';
import { GuiseError, limits } from '@guise/model';
import type { Turn } from '../flow-kind.ts';
import type { CheckoutData, CheckoutStep, Decision } from './checkout-step.ts';
import { elapsedMs, wayBack } from './checkout-step.ts';
import { quarantine } from './quarantine.ts';

const forEver = Number.POSITIVE_INFINITY;

const patienceMs: { readonly [Step in CheckoutStep]: number } = {
  waiting: forEver,
  booked: forEver,
  checking: limits.checkoutCheckMs,
  draining: limits.checkoutPrepareMs,
  snapshotting: limits.checkoutPrepareMs,
  preparing: limits.checkoutPrepareMs,
  applying: limits.transactionTimeoutMs,
  testing: limits.checkoutPrepareMs,
  out: forEver,
  reverting: limits.checkoutRevertMs,
  verifying: limits.checkoutGateMs,
  restoring: forEver,
  quarantined: forEver,
};

/** Null is to try it again. */
export function whenFailed(step: CheckoutStep, turn: Turn<CheckoutData>, error: unknown): Decision | null {
  if (patienceMs[step] === forEver || !isEnough(step, turn, error)) return null;
  const why = error instanceof GuiseError ? error.message : 'the control plane failed; its log says how';
  if (step !== 'reverting' && step !== 'verifying')
    return { to: wayBack(step satisfies CheckoutState), change: { failure: why } };
  return quarantine(turn.data.checkout_id, why, evidenceOf(step, error));
}

function isEnough(step: CheckoutStep, turn: Turn<CheckoutData>, error: unknown): boolean {
  switch (lasting(error)) {
    case 'passing':
      return elapsedMs(turn) >= patienceMs[step];
    case 'perhaps':
      return turn.attempts + 1 >= limits.checkoutAttempts;
    case 'lasting':
      return true;
  }
}

function lasting(error: unknown): 'passing' | 'perhaps' | 'lasting' {
  if (!(error instanceof GuiseError)) return 'perhaps';
  return ofKind[error.kind];
}

/** `stale` is that somebody else has the host by now. */
const ofKind: { readonly [Kind in ErrorKind]: 'passing' | 'perhaps' | 'lasting' } = {
  invalid: 'lasting',
  unauthenticated: 'perhaps',
  forbidden: 'lasting',
  not_found: 'lasting',
  conflict: 'lasting',
  stale: 'lasting',
  limit: 'lasting',
  throttled: 'passing',
  unavailable: 'passing',
  timeout: 'passing',
  internal: 'perhaps',
};

function evidenceOf(step: CheckoutStep, error: unknown): Json {
  if (!(error instanceof GuiseError)) return { step, code: 'server_failed' };
  return { step, code: error.code, message: error.message };
}
