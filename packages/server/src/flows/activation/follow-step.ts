/** Waits until the host has become what it is to be. What it reports wakes the flow. */
import { limits } from '@guise/model';
import { withdraw } from '../../app/activation-moves.ts';
import { findActivation } from '../../store/activations.ts';
import { findHost } from '../../store/hosts.ts';
import type { ActivationParts, TakeStep } from './activation-flow.ts';
import { hostProgress } from './host-progress.ts';

export function followStep(parts: ActivationParts): TakeStep {
  return async ({ data: { activation_id }, now }) => {
    const activation = await findActivation(parts.database, activation_id);
    // The host was not free any more when it was to be taken.
    if (activation?.state === 'pending') return { next: 'choose' };
    if (activation?.state !== 'activating' || activation.host_id === null) return { next: 'end' };
    const later = { next: 'follow', dueAt: new Date(now.getTime() + limits.flowPeriodMs) } as const;
    const state = (await findHost(parts.database, activation.host_id))?.state;
    // Somebody has borrowed a host that is shared: what it is meanwhile says nothing of this.
    if (state === 'draining' || state === 'checked_out') return later;
    if (state === 'quarantined') return fail('it is quarantined');
    const times = { sinceMs: Date.parse(activation.taken_at ?? ''), nowMs: now.getTime() };
    const progress = await hostProgress(parts, activation.host_id, times);
    switch (progress.type) {
      case 'done':
        return { next: 'verify' };
      case 'failed':
        return fail(progress.reason);
      case 'waiting':
        return later;
      case 'gone':
        return { next: 'end' };
    }

    function fail(reason: string) {
      return { next: 'return', commit: (tx) => withdraw(tx, activation_id, reason) } as const satisfies Awaited<
        ReturnType<TakeStep>
      >;
    }
  };
}
