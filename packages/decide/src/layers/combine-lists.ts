/** `{append}` and `{remove}` of all layers on one list, from the lowest layer up, so that the highest has the last word. */
import type { Json } from '@guise/model';
import type { Combination } from './combination.ts';
import { ties } from './combination.ts';
import type { Contribution } from './effective.ts';
import { compareText } from './precedence.ts';

export interface CombineListsInput {
  readonly value: Json | undefined;
  /** Highest layer first. */
  readonly items: readonly Contribution[];
  /** The list is a set: without repetition, in one order. */
  readonly sorted: boolean;
}

export function combineLists({ value, items, sorted }: CombineListsInput): Combination {
  if (items.length === 0 && !(sorted && Array.isArray(value))) return { value, clashes: [], refused: [], mover: null };
  const clashes: (readonly [Contribution, Contribution])[] = [];
  const list = new Map<string, Json>((Array.isArray(value) ? value : []).map((item) => [keyOf(item), item]));
  const lastSay = new Map<string, Contribution>();
  for (const contribution of [...items].reverse()) {
    const { operand } = contribution;
    const appends = 'append' in operand;
    const named = appends ? operand.append : 'remove' in operand ? operand.remove : [];
    for (const item of named) {
      const key = keyOf(item);
      const before = lastSay.get(key);
      if (before !== undefined && 'append' in before.operand !== appends && ties(before, contribution))
        clashes.push([contribution, before]);
      lastSay.set(key, contribution);
      if (!appends) list.delete(key);
      else if (!list.has(key)) list.set(key, item);
    }
  }
  const result = sorted ? [...list].sort(([a], [b]) => compareText(a, b)).map(([, item]) => item) : [...list.values()];
  return { value: result, clashes, refused: [], mover: null };
}

/** Equal items have equal keys; compilers write the keys of an object item in one order. */
function keyOf(item: Json): string {
  return typeof item === 'string' ? item : JSON.stringify(item);
}
