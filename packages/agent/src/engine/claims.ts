/** Small questions about a set of claims that preparing a switch asks. */
import type { Claim } from '@guise/decide';
import type { Address, Kind, State } from '@guise/model';
import { GuiseError, isKeyedDigest, kindOf, nameOf } from '@guise/model';
import type { Adapters } from './observe.ts';

/** For people: which layers ask for each claimed address. */
export function instancesByAddress(claims: readonly Claim[]): ReadonlyMap<Address, string> {
  const instances = new Map<Address, Set<string>>();
  for (const { address, layer } of claims) {
    const asking = instances.get(address) ?? new Set();
    instances.set(address, asking.add(layer.instance));
  }
  return new Map([...instances].map(([address, asking]) => [address, [...asking].sort().join(', ')]));
}

/** What the layers say of an address before merging: enough for a kind to know where and how to look. */
export function claimedStates(claims: readonly Claim[]): ReadonlyMap<Address, State> {
  const states = new Map<Address, { [field: string]: State[string] }>();
  for (const { address, field, operands } of claims) {
    const state = states.get(address) ?? {};
    for (const operand of operands) if ('set' in operand) state[field] = operand.set;
    states.set(address, state);
  }
  return states;
}

/** Whatever wins there: what another layer would write is as secret as long as that layer is active. */
export function secretlyClaimed(claims: readonly Claim[]): readonly Address[] {
  return claims.flatMap(({ address, operands }) =>
    operands.some((operand) => 'set' in operand && isKeyedDigest(operand.set)) ? [address] : [],
  );
}

/** Throws: `kind_refused`, naming everything that a tree of files cannot have and where it was asked for. */
export function refuseOffline(claims: readonly Claim[], adapters: Adapters): void {
  const refused = claims.filter((claim) => !adapters[kindOf(claim.address)].offline);
  if (refused.length === 0) return;
  const namesByKind = new Map<Kind, Set<string>>();
  for (const { address, at } of refused) {
    const names = namesByKind.get(kindOf(address)) ?? new Set();
    namesByKind.set(kindOf(address), names.add(`${nameOf(address)} (${at.file}:${at.line}:${at.column})`));
  }
  const list = [...namesByKind].map(([kind, names]) => `${kind} ${[...names].join(', ')}`).join('; ');
  throw new GuiseError('kind_refused', `Cannot apply to an offline tree: ${list} need a running host`);
}
