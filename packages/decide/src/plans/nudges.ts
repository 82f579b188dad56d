/**
 * Which running services must reload or restart because something they read changes.
 *
 * Only services that run before and after: the others start or stop anyway. Both what the service said and what it will say it
 * reads count, so that a leaving layer's files are noticed too. Restart beats reload. Without being asked, a service
 * restarts for its own unit, its own drop-ins, and a new version of the package of its name.
 * Shape: s services of g globs over c changes costs s·g·log c and the matches, because globs begin with literal text.
 */
import type { Address, Change, Json, Nudge, State } from '@guise/model';
import { kindOf, nameOf } from '@guise/model';
import { literalPrefix, segmentGlob } from '../kinds/glob.ts';

export interface NudgesInput {
  readonly befores: ReadonlyMap<Address, State>;
  readonly targets: ReadonlyMap<Address, State>;
  readonly changed: ReadonlyMap<Address, Change>;
}

export interface NudgeReason {
  readonly nudge: Nudge;
  /** The first address that asks for it. */
  readonly cause: Address;
}

export function nudgesOf({ befores, targets, changed }: NudgesInput): ReadonlyMap<Address, NudgeReason> {
  const nudges = new Map<Address, NudgeReason>();
  if (changed.size === 0) return nudges;
  const addresses = [...changed.keys()].sort();
  for (const [address, target] of targets) {
    if (kindOf(address) !== 'service') continue;
    const before = befores.get(address);
    if (before === undefined || before['state'] !== 'running' || target['state'] === 'stopped') continue;
    const restart = firstMatch(
      addresses,
      [...ownGlobs(address), ...texts(before['restart_on']), ...texts(target['restart_on'])],
      address,
    );
    const cause =
      restart ?? firstMatch(addresses, [...texts(before['reload_on']), ...texts(target['reload_on'])], address);
    if (cause !== null) nudges.set(address, { nudge: restart === null ? 'reload' : 'restart', cause });
  }
  return nudges;
}

/** `nginx.service` runs what `nginx.service`, its drop-ins, its template's and `nginx` of Debian say. */
function ownGlobs(address: Address): readonly string[] {
  const unit = nameOf(address);
  const template = unit.replace(/@[^.]*\./, '@.');
  const stem = unit.slice(0, unit.lastIndexOf('.'));
  const units = template === unit ? [unit] : [unit, template];
  return [...units.flatMap((name) => [`unit:${name}`, `unit:${name}.d/*`]), `package:${stem}`];
}

/** The first of the changed addresses, which are sorted, that any of the globs names. */
function firstMatch(addresses: readonly Address[], globs: readonly string[], self: Address): Address | null {
  let first: Address | null = null;
  for (const glob of globs) {
    const prefix = literalPrefix(glob);
    const pattern = segmentGlob(glob);
    for (let index = lowerBound(addresses, prefix); index < addresses.length; index++) {
      const address = addresses[index]!;
      if (!address.startsWith(prefix) || (first !== null && address >= first)) break;
      if (address === self || !pattern.test(address)) continue;
      first = address;
      break;
    }
  }
  return first;
}

/** The first index whose address is not below the prefix; addresses are sorted. */
function lowerBound(addresses: readonly Address[], prefix: string): number {
  let low = 0;
  let high = addresses.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (addresses[middle]! < prefix) low = middle + 1;
    else high = middle;
  }
  return low;
}

function texts(value: Json | undefined): readonly string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}
