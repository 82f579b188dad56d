import type { ContractCase } from '@guise/agent';

/** Hosts of a lab share one kernel, may not load into it and do not see what it has, so only the next boot can be spoken of. */
export const moduleCases: readonly ContractCase[] = [
  { name: 'one at the next boot', after: { 'module:br_netfilter': { loaded: false, persistent: true } } },
];
