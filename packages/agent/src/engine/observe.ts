/** Live state of exactly the addresses in question: one batch per kind, all kinds at once. */
import type { Address, Kind, State } from '@guise/model';
import { GuiseError, isSecretState, kindOf } from '@guise/model';
import type { Adapter, Asked, ObserveContext } from '../resources/adapter.ts';

export type Adapters = { readonly [K in Kind]: Adapter };

/** Kinds that wait for a program or for systemd. They begin first, so that the others read files meanwhile. */
const askedElsewhere: ReadonlySet<Kind> = new Set([
  'firewall',
  'database',
  'command',
  'address',
  'route',
  'service',
  'timer',
]);

export interface ObserveInput {
  readonly addresses: Iterable<Address>;
  /** What is meant or was last committed at an address, for kinds that need it to look. */
  readonly known: ReadonlyMap<Address, State>;
  /** Besides those that are known to be: addresses whose content is not to be told. */
  readonly secrets?: ReadonlySet<Address>;
  readonly adapters: Adapters;
  readonly context: ObserveContext;
}

export async function observe({
  addresses,
  known,
  secrets,
  adapters,
  context,
}: ObserveInput): Promise<Map<Address, State>> {
  const askedByKind = new Map<Kind, Asked[]>();
  for (const address of addresses) {
    const kind = kindOf(address);
    const asked = askedByKind.get(kind) ?? [];
    const state = known.get(address) ?? null;
    asked.push({ address, known: state, secret: isSecretState(state) || secrets?.has(address) === true });
    askedByKind.set(kind, asked);
  }
  const inTurn = [...askedByKind].sort(
    ([one], [other]) => Number(askedElsewhere.has(other)) - Number(askedElsewhere.has(one)),
  );
  const batches = await Promise.all(inTurn.map(([kind, asked]) => adapters[kind].observe(asked, context)));
  const live = new Map(batches.flatMap((batch) => [...batch]));
  for (const asked of askedByKind.values()) {
    for (const { address } of asked) {
      if (!live.has(address))
        throw new GuiseError('change_failed', `Cannot read ${address}: its kind did not answer for it`);
    }
  }
  return live;
}
