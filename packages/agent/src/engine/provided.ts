/**
 * What a package that guise installed put on the host is nobody's baseline: it leaves with the package.
 *
 * Without this the host would depend on the order in which personas came: a configuration file first touched after another
 * persona had installed its package would be "restored" when neither is there any more, and one first touched in the same switch
 * would be taken away from a persona that still wants the package. So each such address has two pasts: the baseline from before
 * guise, and what its package provides, which counts for as long as the package is to stay.
 * Source: ../shared/DESIGN.md, promise 1; docs/adr/0009-two-pasts.md.
 */
import { absentState } from '@guise/decide';
import type { Address, State } from '@guise/model';
import { kindOf } from '@guise/model';
import type { ObserveContext } from '../resources/adapter.ts';
import type { Adapters } from './observe.ts';
import { observe } from './observe.ts';
import type { Prepared } from './prepare.ts';

export interface Provided {
  readonly state: State;
  /** The package's address. */
  readonly by: Address;
}

export interface PastsInput {
  /** As recorded, and as live where guise comes for the first time. Changed in place. */
  readonly baselines: Map<Address, State>;
  /** As recorded. Changed in place. */
  readonly provided: Map<Address, Provided>;
  /** Addresses that guise touches for the first time. */
  readonly fresh: readonly Address[];
  /** Packages of guise that are installed now, by the journal. */
  readonly ours: ReadonlySet<Address>;
  readonly adapters: Adapters;
  readonly context: ObserveContext;
}

/** Finds out which first-touched addresses came with a package of ours, and moves them from `baselines` to `provided`. */
export async function separatePasts({
  baselines,
  provided,
  fresh,
  ours,
  adapters,
  context,
}: PastsInput): Promise<void> {
  if (ours.size === 0 || fresh.length === 0) return;
  const owners = await adapters.package.ownersOf?.(fresh, ours, context);
  for (const [address, by] of owners ?? []) {
    const state = baselines.get(address);
    if (state === undefined) continue;
    provided.set(address, { state, by });
    baselines.set(address, absentState(kindOf(address)));
  }
}

/** What each address falls back to when no layer speaks of it, given the packages that stay. */
export function pastsGiven(
  baselines: ReadonlyMap<Address, State>,
  provided: ReadonlyMap<Address, Provided>,
  staying: (address: Address) => boolean,
): ReadonlyMap<Address, State> {
  const pasts = new Map(baselines);
  for (const [address, { state, by }] of provided) if (baselines.has(address) && staying(by)) pasts.set(address, state);
  return pasts;
}

/** Looks, between the installation of packages and everything after it, at what they put where the personas will write. */
export async function providedByRun(
  prepared: Pick<Prepared, 'plan' | 'afterCommit'>,
  adapters: Adapters,
  context: ObserveContext,
): Promise<ReadonlyMap<Address, Provided>> {
  const installed = prepared.plan.stages
    .filter((stage) => stage.kind === 'package')
    .flatMap((stage) => stage.changes)
    .filter(({ before, after }) => before['version'] === null && after['version'] !== null)
    .map(({ address }) => address);
  const known = new Map(prepared.afterCommit.managed.filter(([address]) => kindOf(address) !== 'package'));
  const owners = await adapters.package.ownersOf?.([...known.keys()], new Set(installed), context);
  if (owners === undefined) return new Map();
  const states = await observe({ addresses: owners.keys(), known, adapters, context });
  return new Map(
    [...owners].flatMap(([address, by]) => {
      const state = states.get(address);
      return state === undefined ? [] : [[address, { state, by }]];
    }),
  );
}
