/** Completing a partial claim, for the kinds that have no subtler way. */
import type { Json, State } from '@guise/model';
import type { Claimed } from './kind-rules.ts';

/** Claimed fields over the baseline's, for every field that the kind has; nothing else gets in. */
export function overlay(fields: State, claimed: Claimed, baseline: State): State {
  const state: { [field: string]: Json } = {};
  for (const [field, absent] of Object.entries(fields)) state[field] = claimed[field] ?? baseline[field] ?? absent;
  return state;
}
