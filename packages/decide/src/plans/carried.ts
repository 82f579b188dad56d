/**
 * What a host cannot tell of an address, such as which files its service wants to be told about, is known from what was last
 * committed there. Layers that have left since said it, so it counts before what an observation was given to go by.
 */
import type { Address, Json, State } from '@guise/model';
import { kindOf } from '@guise/model';
import { kindRules } from '../kinds/index.ts';

export function carriedOver(address: Address, live: State, known: State | undefined): State {
  const { remembered } = kindRules[kindOf(address)];
  if (known === undefined || remembered === undefined) return live;
  const state: { [field: string]: Json } = { ...live };
  for (const field of remembered) {
    const value = known[field];
    if (!isEmpty(value)) state[field] = value ?? null;
  }
  return state;
}

function isEmpty(value: Json | undefined): boolean {
  return value === undefined || value === null || (Array.isArray(value) && value.length === 0);
}
