/**
 * A host is borrowed and comes back exactly as it was.
 *
 * Shape: waiting → booked → checking → draining → snapshotting → preparing → applying → testing → out → reverting → verifying →
 * restoring, and then `ended`, `failed` or `cancelled`; `quarantined` where the host did not come back. The step is the checkout's state.
 * Invariants: whatever a step decided is written with the checkout's state, its audit entry and its events, or not at all; one host is in
 * one hand, by the lease's fence and by what the fleet says that the host does; a host that changed goes back only by its snapshot.
 * Killed anywhere: the same step is taken again by whoever runs flows; see run-flows.ts.
 */
import type { CheckoutState } from '@guise/api';
import { stateDigest } from '../../app/state-digest.ts';
import { type CheckoutRow, changeCheckout, desiredIn, findCheckout } from '../../store/checkouts.ts';
import { findLease, type Lease } from '../../store/leases.ts';
import { type Signal, signalsForHosts } from '../../store/signal.ts';
import type { FlowKind, Taken, Turn } from '../flow-kind.ts';
import { apply, runTests } from './become.ts';
import { restore, revert, stayQuarantined, verify } from './bring-back.ts';
import { checkHost } from './check-host.ts';
import {
  type CheckoutData,
  type CheckoutFlowParts,
  type CheckoutStep,
  type Decision,
  happened,
  type TakeStep,
} from './checkout-step.ts';
import { waitForHost, waitForTime } from './find-host.ts';
import { drain, prepare, takeSnapshot } from './take-out.ts';
import { whenFailed } from './when-failed.ts';
import { waitForEnd } from './while-out.ts';

const takers: { readonly [Step in CheckoutStep]: TakeStep } = {
  waiting: waitForHost,
  booked: waitForTime,
  checking: checkHost,
  draining: drain,
  snapshotting: takeSnapshot,
  preparing: prepare,
  applying: apply,
  testing: runTests,
  out: waitForEnd,
  reverting: revert,
  verifying: verify,
  restoring: restore,
  quarantined: stayQuarantined,
};

export function checkoutFlow(parts: CheckoutFlowParts): FlowKind<CheckoutStep, CheckoutData> {
  const steps = Object.entries(takers).map(([step, take]) => [
    step,
    (turn: Turn<CheckoutData>) => taken(parts, step as CheckoutStep, take, turn),
  ]);
  return {
    kind: 'checkout',
    actor: ({ holder }) => holder,
    steps: Object.fromEntries(steps) as FlowKind<CheckoutStep, CheckoutData>['steps'],
    failed: (step, turn, error) => {
      const decision = whenFailed(step, turn, error);
      return decision === null ? null : takenBy(step, turn, decision);
    },
  };
}

async function taken(
  parts: CheckoutFlowParts,
  step: CheckoutStep,
  take: TakeStep,
  turn: Turn<CheckoutData>,
): Promise<Taken<CheckoutStep, CheckoutData>> {
  const row = await findCheckout(parts.database, turn.data.checkout_id);
  if (row === null) return { next: 'end' };
  const lease = row.leaseId === null ? null : await findLease(parts.database, row.leaseId);
  return takenBy(step, turn, await take({ parts, turn, row, lease, isOver: isOver(row, lease, turn.now) }));
}

function isOver(row: CheckoutRow, lease: Lease | null, now: Date): boolean {
  return row.returnedAt !== null || (lease !== null && now >= lease.until);
}

function takenBy(
  step: CheckoutStep,
  { data, now }: Turn<CheckoutData>,
  decision: Decision,
): Taken<CheckoutStep, CheckoutData> {
  const { to, dueAt, change, warnedMs } = decision;
  const isSame = to === step;
  return {
    next: to,
    ...(dueAt === undefined ? {} : { dueAt }),
    data: {
      ...data,
      since: isSame && data.since !== null ? data.since : now.toISOString(),
      warned_ms: warnedMs === undefined ? data.warned_ms : warnedMs,
    },
    commit: async (tx) => {
      const row = await findCheckout(tx, data.checkout_id);
      const state = to === 'end' ? change?.state : to;
      await changeCheckout(tx, data.checkout_id, { ...change, ...(state === undefined ? {} : { state }) });
      const signals = (await decision.commit?.(tx)) ?? [];
      if (row === null || state === undefined || isSame) return { audit: null, signals };
      const { failure = row.failure } = change ?? {};
      return {
        audit: {
          action: 'checkout:step',
          resource: `checkout/${data.checkout_id}`,
          cause: 'checkout',
          before: stateDigest({ state: step }),
          after: stateDigest({ state }),
          detail: { from: step, to: state, host_id: row.hostId, failure },
          outcome: change?.failure === undefined ? 'done' : 'failed',
        },
        signals: [...signals, ...newsOf(row, step, state, change?.isReady === true)],
      };
    },
  };
}

/** Who watches hears of each state; the host's agent, when it is to have something else. */
function newsOf(row: CheckoutRow, from: CheckoutStep, to: CheckoutState, isReady: boolean): readonly Signal[] {
  const isOtherwise = row.hostId !== null && desiredIn(from) !== desiredIn(to);
  return [
    happened('checkout.changed', row.checkoutId),
    ...(isReady ? [happened('checkout.ready', row.checkoutId)] : []),
    ...(isOtherwise ? signalsForHosts([row.hostId ?? '']) : []),
  ];
}
