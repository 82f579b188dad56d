/** Carried fields are not on the host, so what is remembered of them fills in where an observation has nothing. */
import type { Address, Json, State } from '@guise/model';
import { kindOf } from '@guise/model';
import { kindRules } from '../kinds/index.ts';

export function carriedOver(address: Address, live: State, known: State | undefined): State {
  const { carried } = kindRules[kindOf(address)];
  if (known === undefined || carried.length === 0) return live;
  const state: { [field: string]: Json } = { ...live };
  for (const field of carried) if (isEmpty(live[field])) state[field] = known[field] ?? live[field] ?? null;
  return state;
}

function isEmpty(value: Json | undefined): boolean {
  return value === undefined || value === null || (Array.isArray(value) && value.length === 0);
}
