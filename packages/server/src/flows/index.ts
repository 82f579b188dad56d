/** Every kind of flow that a control plane takes the steps of. */
import { activationFlow } from './activation/activation-flow.ts';
import { checkoutFlow } from './checkout/checkout-flow.ts';
import type { CheckoutFlowParts } from './checkout/checkout-step.ts';
import type { AnyFlowKind } from './flow-kind.ts';

export type FlowParts = CheckoutFlowParts;

export function flowKinds(parts: FlowParts): readonly AnyFlowKind[] {
  return [activationFlow(parts), checkoutFlow(parts)];
}
