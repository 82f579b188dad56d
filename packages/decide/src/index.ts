export { authorizedKeyId } from './kinds/authorized-key.ts';
export { differingFields } from './kinds/difference.ts';
export { absentState } from './kinds/index.ts';
export type { Claim } from './layers/claim.ts';
export type { CompiledLayer } from './layers/compile-layer.ts';
export { mergeClaims } from './layers/merge.ts';
export { explain } from './layers/why.ts';
export { invertPlan } from './plans/invert-plan.ts';
export { makePlan } from './plans/make-plan.ts';
