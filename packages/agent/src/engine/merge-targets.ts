/**
 * Merges claims over what the host had, and makes the targets concrete.
 *
 * Packages are decided first, because what they bring is part of what the rest is merged over (see `provided.ts`).
 */
import type { Claim } from '@guise/decide';
import { mergeClaims } from '@guise/decide';
import type { Address, Conflict, State } from '@guise/model';
import { kindOf, kinds } from '@guise/model';
import type { ObserveContext } from '../resources/adapter.ts';
import type { HostView } from './look-at-host.ts';
import type { Adapters } from './observe.ts';
import { pastsGiven } from './provided.ts';
import { resolveTargets } from './resolve-targets.ts';

export interface MergedTargets {
  readonly targets: ReadonlyMap<Address, State>;
  /** What comes along with what is claimed. */
  readonly implied: ReadonlySet<Address>;
  /** What each address is without any layer, given the packages that stay. */
  readonly pasts: ReadonlyMap<Address, State>;
  /** Whether a package is to be installed afterwards. */
  readonly staying: (address: Address) => boolean;
  readonly conflicts: readonly Conflict[];
  readonly warnings: readonly string[];
}

export interface MergeInput {
  readonly claims: readonly Claim[];
  readonly claimed: { has(address: Address): boolean };
  readonly view: HostView;
  readonly adapters: Adapters;
  readonly context: ObserveContext;
}

export async function mergeTargets({ claims, claimed, view, adapters, context }: MergeInput): Promise<MergedTargets> {
  const { live, baselines, provided } = view;
  const targets = new Map<Address, State>();
  const resolution = { targets, claimed, live, baselines, adapters, context };
  const merge = (pasts: ReadonlyMap<Address, State>, belongs: (address: Address) => boolean): readonly Conflict[] => {
    const { addresses, conflicts } = mergeClaims(
      claims.filter(({ address }) => belongs(address)),
      new Map([...pasts].filter(([address]) => belongs(address))),
    );
    for (const [address, { state }] of addresses) targets.set(address, state);
    return conflicts;
  };

  const ofPackages = merge(baselines, isPackage);
  const fromPackages = await resolveTargets({ ...resolution, kinds: ['package'] });
  const staying = (address: Address): boolean => (targets.get(address)?.['version'] ?? null) !== null;
  const pasts = pastsGiven(baselines, provided, staying);
  const ofOthers = merge(pasts, (address) => !isPackage(address));
  const fromOthers = await resolveTargets({ ...resolution, kinds: kinds.filter((kind) => kind !== 'package') });
  return {
    targets,
    implied: new Set([...fromPackages.implied, ...fromOthers.implied]),
    pasts,
    staying,
    conflicts: [...ofPackages, ...ofOthers],
    warnings: [...fromPackages.warnings, ...fromOthers.warnings],
  };
}

function isPackage(address: Address): boolean {
  return kindOf(address) === 'package';
}
