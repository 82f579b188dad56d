/** What is on the host and what the journal remembers of it, for exactly the addresses that a set of claims is about. */
import type { Claim } from '@guise/decide';
import type { Address, State } from '@guise/model';
import { isSecretState, kindOf } from '@guise/model';
import type { Journal } from '../journal/journal.ts';
import type { ObserveContext } from '../resources/adapter.ts';
import { claimedStates, secretlyClaimed } from './claims.ts';
import type { Adapters } from './observe.ts';
import { observe } from './observe.ts';
import type { Provided } from './provided.ts';
import { separatePasts } from './provided.ts';

export interface HostView {
  /** Every address that is claimed or has a baseline, as it is now. Grows when claims turn out to imply more. */
  readonly live: Map<Address, State>;
  /** What guise last committed. */
  readonly known: ReadonlyMap<Address, State>;
  /** Baselines in the journal. */
  readonly recorded: ReadonlyMap<Address, State>;
  /** The same, and for what guise has never touched what it is now. */
  readonly baselines: Map<Address, State>;
  readonly provided: ReadonlyMap<Address, Provided>;
  /** Addresses whose content is, was or may become secret: a digest of what is there tells nobody anything. */
  readonly secrets: ReadonlySet<Address>;
}

export interface LookInput {
  readonly claims: readonly Claim[];
  readonly journal: Journal;
  readonly adapters: Adapters;
  readonly context: ObserveContext;
}

export async function lookAtHost({ claims, journal, adapters, context }: LookInput): Promise<HostView> {
  const known = journal.managed();
  const recorded = journal.baselines();
  const provided = new Map(journal.provided());
  const claimed = claimedStates(claims);
  const addresses = new Set([...claimed.keys(), ...recorded.keys()]);
  const pasts = [...known, ...recorded, ...[...provided].map(([address, { state }]) => [address, state] as const)];
  const secrets = new Set([
    ...pasts.filter(([, state]) => isSecretState(state)).map(([address]) => address),
    ...secretlyClaimed(claims),
  ]);
  const live = await observe({ addresses, known: new Map([...known, ...claimed]), secrets, adapters, context });
  const baselines = new Map([...live, ...recorded]);
  const fresh = [...live.keys()].filter((address) => !recorded.has(address) && kindOf(address) !== 'package');
  const ours = [...known].filter(([address, { version }]) => kindOf(address) === 'package' && version !== null);
  await separatePasts({
    baselines,
    provided,
    fresh,
    ours: new Set(ours.map(([address]) => address)),
    adapters,
    context,
  });
  return { live, known, recorded, baselines, provided, secrets };
}
