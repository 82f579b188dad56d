/** What may come to be as a side of what a plan installs, and then has to be settled too. */
import type { Address, Change, State } from '@guise/model';
import { kindOf } from '@guise/model';
import { kindRules } from '../kinds/index.ts';

/** Addresses that are not changed themselves, with the fields to settle; none unless a package or unit file comes. */
export function arriving(
  changes: ReadonlyMap<Address, Change>,
  befores: ReadonlyMap<Address, State>,
  targets: ReadonlyMap<Address, State>,
): ReadonlyMap<Address, readonly string[]> {
  const settled = new Map<Address, readonly string[]>();
  if (![...changes.values()].some(brings)) return settled;
  for (const [address, target] of targets) {
    const before = befores.get(address);
    if (before === undefined || changes.has(address)) continue;
    const fields = kindRules[kindOf(address)].comesAlong?.(before, target) ?? [];
    if (fields.length > 0) settled.set(address, fields);
  }
  return settled;
}

function brings({ address, before, after }: Change): boolean {
  switch (kindOf(address)) {
    case 'package':
      return before['version'] === null && after['version'] !== null;
    case 'unit':
      return before['digest'] === null && after['digest'] !== null;
    default:
      return false;
  }
}
