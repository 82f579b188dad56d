/**
 * Lets each kind say what its targets come to on this host: the exact version behind `7.88.*`, a free user id, the directories
 * that a file still lacks.
 *
 * What comes along is `implied`; it gets a baseline like anything else, and stays for as long as something that is wanted needs it.
 * A claim of a layer outranks what another address implies.
 */
import type { Address, Kind, State } from '@guise/model';
import { kindOf } from '@guise/model';
import type { ObserveContext } from '../resources/adapter.ts';
import type { Adapters } from './observe.ts';
import { observe } from './observe.ts';

export interface ResolveInput {
  readonly kinds: Iterable<Kind>;
  /** Made concrete in place, with what is implied. */
  readonly targets: Map<Address, State>;
  readonly claimed: { has(address: Address): boolean };
  /** Gains what is implied and was not looked at before. */
  readonly live: Map<Address, State>;
  /** Gains what guise has never touched. */
  readonly baselines: Map<Address, State>;
  readonly adapters: Adapters;
  readonly context: ObserveContext;
}

export interface Resolved {
  readonly implied: ReadonlySet<Address>;
  readonly warnings: readonly string[];
}

export async function resolveTargets(input: ResolveInput): Promise<Resolved> {
  const { kinds, targets, claimed, live, baselines, adapters, context } = input;
  const implied = new Set<Address>();
  const warnings: string[] = [];
  for (const kind of kinds) {
    const ofKind = [...targets].filter(([address]) => kindOf(address) === kind);
    if (ofKind.length === 0) continue;
    const wanted = new Map(ofKind.filter(([address]) => claimed.has(address) || implied.has(address)));
    const released = new Map(ofKind.filter(([address]) => !wanted.has(address)));
    const resolution = await adapters[kind].resolve?.(wanted, released, live, context);
    if (resolution === undefined) continue;
    warnings.push(...(resolution.warnings ?? []));
    for (const [address, state] of resolution.targets) targets.set(address, state);
    const further = [...resolution.implied].filter(([address]) => !claimed.has(address));
    const unseen = further.map(([address]) => address).filter((address) => !live.has(address));
    for (const [address, state] of await observe({ addresses: unseen, known: new Map(), adapters, context })) {
      live.set(address, state);
      if (!baselines.has(address)) baselines.set(address, state);
    }
    for (const [address, state] of further) {
      targets.set(address, state);
      implied.add(address);
    }
  }
  return { implied, warnings };
}
