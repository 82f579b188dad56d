/** Puts the host into service, unless it says itself that something is wrong with what it has become. */
import { putIntoService, withdraw } from '../../app/activation-moves.ts';
import { findActivation } from '../../store/activations.ts';
import { lastingAlertOf } from '../../store/alerts.ts';
import type { ActivationParts, TakeStep } from './activation-flow.ts';

export function verifyStep({ database }: ActivationParts): TakeStep {
  return async ({ data: { activation_id } }) => {
    const activation = await findActivation(database, activation_id);
    if (activation?.state !== 'activating' || activation.host_id === null) return { next: 'end' };
    const alert = await lastingAlertOf(database, activation.host_id, activation.instance);
    return alert === null
      ? { next: 'end', commit: (tx) => putIntoService(tx, activation_id) }
      : { next: 'return', commit: (tx) => withdraw(tx, activation_id, `it is not well: ${alert}`) };
  };
}
