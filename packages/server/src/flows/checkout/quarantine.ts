/** A host that did not come back as it was stays out of everything, with what is known of why. */
import type { Json } from '@guise/model';
import type { CheckoutChange } from '../../store/checkouts.ts';
import { findCheckout } from '../../store/checkouts.ts';
import { setFleetState } from '../../store/fleet.ts';
import type { Decision } from './checkout-step.ts';
import { happened } from './checkout-step.ts';

export function quarantine(checkoutId: string, why: string, evidence: Json, more: CheckoutChange = {}): Decision {
  return {
    to: 'quarantined',
    change: { ...more, failure: why, evidence, isAskedForNoMore: true },
    commit: async (tx) => {
      const hostId = (await findCheckout(tx, checkoutId))?.hostId ?? null;
      if (hostId === null) return [];
      const changed = await setFleetState(tx, hostId, 'quarantined', `checkout ${checkoutId}: ${why}`);
      return [...changed, happened('host.quarantined', hostId)];
    },
  };
}
