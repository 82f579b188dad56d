/** Every kind of flow that this control plane takes the steps of. */
import { checkoutFlow } from './checkout/checkout-flow.ts';
import type { CheckoutFlowParts } from './checkout/checkout-step.ts';
import type { AnyFlowKind } from './flow-kind.ts';

export type FlowParts = CheckoutFlowParts;

export function flowKinds(parts: FlowParts): readonly AnyFlowKind[] {
  return [checkoutFlow(parts)];
}
