/** What differs between a host and what it should be; the same answer for plan, verification, drift and undo. */
import type { Address, Json, State } from '@guise/model';
import { kindOf } from '@guise/model';
import { kindRules } from './index.ts';

/** Fields of `target` that `live` does not satisfy and that can be changed, sorted. */
export function differingFields(address: Address, live: State, target: State): readonly string[] {
  const { carried, same, stays } = kindRules[kindOf(address)];
  if (stays !== undefined && stays(live, target) !== null) return [];
  const fields: string[] = [];
  for (const field in target) {
    const now = live[field] ?? null;
    const wanted = target[field] ?? null;
    if (equalJson(now, wanted) || carried.includes(field)) continue;
    if (same?.(field, live, target) !== true) fields.push(field);
  }
  return fields.sort();
}

/** Equal as JSON, whatever the order of keys. */
export function equalJson(a: Json, b: Json): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) || Array.isArray(b)) {
    if (!Array.isArray(a) || !Array.isArray(b)) return false;
    return a.length === b.length && a.every((item, index) => equalJson(item, b[index] ?? null));
  }
  const left = a as State;
  const right = b as State;
  const keys = Object.keys(left);
  return (
    keys.length === Object.keys(right).length &&
    keys.every((key) => key in right && equalJson(left[key] ?? null, right[key] ?? null))
  );
}
