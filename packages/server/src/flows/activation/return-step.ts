/**
 * Waits until the host is as it was before, and gives it back: `return` for the next try elsewhere, `leave` for good.
 *
 * A host that says it could not go back, or does not in time, is quarantined. One that is away is given back by `return`, which has no
 * time to wait: nothing is put on it before it is here again and has followed.
 */
import { limits } from '@guise/model';
import { giveBack } from '../../app/activation-moves.ts';
import { type ActivationState, findActivation } from '../../store/activations.ts';
import type { ActivationParts, ActivationStep, TakeStep } from './activation-flow.ts';
import { hostProgress } from './host-progress.ts';

export function returnStep(parts: ActivationParts): TakeStep {
  return goingBack(parts, { step: 'return', while: 'returning', next: 'choose' });
}

export function leaveStep(parts: ActivationParts): TakeStep {
  return goingBack(parts, { step: 'leave', while: 'deactivating', next: 'end' });
}

interface Way {
  readonly step: ActivationStep;
  readonly while: ActivationState;
  readonly next: ActivationStep | 'end';
}

function goingBack(parts: ActivationParts, way: Way): TakeStep {
  return async ({ data: { activation_id }, now }) => {
    const activation = await findActivation(parts.database, activation_id);
    if (activation?.state !== way.while || activation.host_id === null) return { next: 'end' };
    const back = (quarantine: string | null) =>
      ({ next: way.next, commit: (tx) => giveBack(tx, activation_id, quarantine) }) as const satisfies Awaited<
        ReturnType<TakeStep>
      >;
    const later = { next: way.step, dueAt: new Date(now.getTime() + limits.flowPeriodMs) } as const;
    const times = { sinceMs: Date.parse(activation.taken_at ?? ''), nowMs: now.getTime() };
    const progress = await hostProgress(parts, activation.host_id, times);
    switch (progress.type) {
      case 'done':
        return back(null);
      case 'waiting':
        return progress.isAway && way.step === 'return' ? back(null) : later;
      case 'failed':
        if (!progress.isAway) return back(`It is not as it was before ${activation.instance}: ${progress.reason}`);
        return way.step === 'return' ? back(null) : later;
      case 'gone':
        return { next: 'end' };
    }
  };
}
