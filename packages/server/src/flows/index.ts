/** Every kind of flow that a control plane takes the steps of. */
import type { Trust } from '../app/served-trust.ts';
import type { Database } from '../store/database.ts';
import { activationFlow } from './activation/activation-flow.ts';
import type { AnyFlowKind } from './flow-kind.ts';

export function flowKinds(parts: { readonly database: Database; readonly trust: Trust }): readonly AnyFlowKind[] {
  return [activationFlow(parts)];
}
