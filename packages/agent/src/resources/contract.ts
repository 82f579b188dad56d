/**
 * What every adapter must do, as one check that runs on a real host: it does what a plan says, twice does no more than once, undo
 * brings the host back byte for byte, and a change that fails anywhere can still be undone.
 *
 * Used by tests/host/contract. `Snapshot` is the whole host, so an adapter cannot pass by undoing only what it looks at.
 * Source: docs/how-to/add-a-resource-kind.md.
 */
import { setImmediate as eventLoopTurn } from 'node:timers/promises';
import { differingFields } from '@guise/decide';
import type { Address, Change, Digest, Kind, State } from '@guise/model';
import { GuiseError, kindOf, kinds } from '@guise/model';
import { digestOf, faultHost, type Host, localHost, plannedFaults } from '../host/index.ts';
import type { Adapter, ApplyContext, Blobs } from './adapter.ts';

export interface ContractCase {
  readonly name: string;
  /** Makes the host what the case begins with. Not checked, not undone. */
  readonly arrange?: (host: Host) => Promise<void> | void;
  /** Texts that the states refer to by digest. */
  readonly content?: readonly string[];
  /** States as a merge would give them: whole, or with what `resolve` is to fill in. */
  readonly after: { readonly [address: Address]: State };
  /** Every how many points the disk fails; more than 1 where many points are alike and all of them would take minutes. */
  readonly faultStride?: number;
}

/** The whole host before and after, and how to name what is not the same. */
export interface Snapshots<Snapshot> {
  take(): Promise<Snapshot>;
  differences(before: Snapshot, after: Snapshot): readonly string[];
}

export interface ContractInput<Snapshot> {
  readonly contractCase: ContractCase;
  readonly adapters: { readonly [K in Kind]: Adapter };
  readonly snapshots: Snapshots<Snapshot>;
  readonly stateDirectory: string;
}

/** Sentences about what is wrong; none when the adapter keeps the contract. */
export async function checkContract<Snapshot>({
  contractCase,
  adapters,
  snapshots,
  stateDirectory,
}: ContractInput<Snapshot>): Promise<readonly string[]> {
  const wrong: string[] = [];
  const blobs = memoryBlobs(contractCase.content ?? []);
  const context: ApplyContext = {
    host: localHost({ root: '/' }),
    blobs,
    stateDirectory,
    point: () => undefined,
    signal: new AbortController().signal,
    undoing: false,
  };
  await contractCase.arrange?.(context.host);
  const original = await snapshots.take();
  const changes = await planChanges(contractCase, adapters, context);
  const back = changes.map((change): Change => ({ ...change, before: change.after, after: change.before })).reverse();
  const expectStates = async (when: string, of: readonly Change[]): Promise<void> => {
    for (const { address, after } of of) {
      const seen = (await adapters[kindOf(address)].observe([{ address, known: after }], context)).get(address) ?? {};
      for (const field of differingFields(address, seen, after)) {
        wrong.push(
          `${when}, ${address} has ${field} ${JSON.stringify(seen[field])} and should have ${JSON.stringify(after[field])}`,
        );
      }
    }
  };
  const expectHost = async (when: string, expected: Snapshot): Promise<void> => {
    for (const difference of snapshots.differences(expected, await snapshots.take()))
      wrong.push(`${when}: ${difference}`);
  };

  await applyAll(changes, adapters, context);
  await expectStates('After the change', changes);
  const changed = await snapshots.take();
  await applyAll(changes, adapters, context);
  await expectHost('The same change again is not without effect', changed);
  await applyAll(back, adapters, context);
  await expectStates('After the way back', back);
  await expectHost('The way back did not restore the host', original);
  await applyAll(back, adapters, { ...context, undoing: true });
  await expectHost('The way back again is not without effect', original);

  const points = await countPoints(changes, adapters, context);
  await expectHost('The counted run was not undone', original);
  for (let at = 1; at <= points && wrong.length === 0; at += contractCase.faultStride ?? 1) {
    const failed = await failsAt(at, changes, adapters, context);
    if (!failed) wrong.push(`A disk error at point ${at} of ${points} was swallowed`);
    await recover(changes, back, adapters, context);
    await expectHost(`After a disk error at point ${at} of ${points}`, original);
  }
  return wrong;
}

/** Undoes what a run that was interrupted anywhere has done, as the engine does: leftovers, then the pre-images. */
async function recover(
  changes: readonly Change[],
  back: readonly Change[],
  adapters: ContractInput<never>['adapters'],
  context: ApplyContext,
): Promise<void> {
  for (const kind of kinds) {
    const addresses = changes.map(({ address }) => address).filter((address) => kindOf(address) === kind);
    if (addresses.length > 0) await adapters[kind].sweep?.(addresses, context);
  }
  await applyAll(back, adapters, { ...context, undoing: true });
}

async function planChanges(
  { after }: ContractCase,
  adapters: ContractInput<never>['adapters'],
  context: ApplyContext,
): Promise<readonly Change[]> {
  const targets = new Map(Object.entries(after) as [Address, State][]);
  const implied = new Map<Address, State>();
  for (const kind of new Set([...targets.keys()].map(kindOf))) {
    const wanted = new Map([...targets].filter(([address]) => kindOf(address) === kind));
    const live = await adapters[kind].observe(
      [...wanted].map(([address, known]) => ({ address, known })),
      context,
    );
    const resolution = await adapters[kind].resolve?.(wanted, new Map(), live, context);
    for (const [address, state] of resolution?.targets ?? []) targets.set(address, state);
    for (const [address, state] of resolution?.implied ?? []) implied.set(address, state);
  }
  const all = new Map([...implied, ...targets]);
  const changes: Change[] = [];
  for (const kind of kinds) {
    const asked = [...all]
      .filter(([address]) => kindOf(address) === kind)
      .map(([address, known]) => ({ address, known }));
    const live = asked.length === 0 ? new Map<Address, State>() : await adapters[kind].observe(asked, context);
    for (const { address, known } of asked) {
      const before = live.get(address);
      if (before === undefined)
        throw new GuiseError('change_failed', `Cannot check ${address}: its kind did not answer for it`);
      const fields = differingFields(address, before, known);
      changes.push({
        address,
        before,
        after: known,
        fields,
        reversibility: 'exact',
        nudge: null,
        because: 'contract',
        cutsOff: false,
      });
    }
  }
  return changes;
}

/** Stages by kind, in the order given. */
async function applyAll(
  changes: readonly Change[],
  adapters: ContractInput<never>['adapters'],
  context: ApplyContext,
): Promise<void> {
  for (const [kind, own] of Map.groupBy(changes, (change) => kindOf(change.address)))
    await adapters[kind].apply(own, context);
  await context.host.files.sync();
}

async function countPoints(
  changes: readonly Change[],
  adapters: ContractInput<never>['adapters'],
  context: ApplyContext,
): Promise<number> {
  const points = plannedFaults({ type: 'count' });
  const counting = {
    ...context,
    host: faultHost(localHost({ root: '/', points }), points),
    point: (name: string) => points.point(name),
  };
  await applyAll(changes, adapters, counting);
  await eventLoopTurn();
  await applyAll(
    [...changes].reverse().map((change) => ({ ...change, before: change.after, after: change.before })),
    adapters,
    context,
  );
  return points.count;
}

/** Whether the failure was told. */
async function failsAt(
  at: number,
  changes: readonly Change[],
  adapters: ContractInput<never>['adapters'],
  context: ApplyContext,
): Promise<boolean> {
  const points = plannedFaults({ type: 'eio', at });
  const failing = {
    ...context,
    host: faultHost(localHost({ root: '/', points }), points),
    point: (name: string) => points.point(name),
  };
  try {
    await applyAll(changes, adapters, failing);
    return false;
  } catch (error) {
    if (error instanceof GuiseError) return true;
    throw error;
  } finally {
    // The failing host is another one than that which recovers, and its open directories close when the event loop turns.
    await eventLoopTurn();
  }
}

function memoryBlobs(texts: readonly string[]): Blobs {
  const held = new Map<Digest, Uint8Array>();
  const blobs: Blobs = {
    get: (digest) => {
      const bytes = held.get(digest);
      if (bytes === undefined) throw new GuiseError('journal_corrupt', `Cannot find content ${digest}`);
      return bytes;
    },
    put: (bytes) => {
      const digest = digestOf(bytes);
      held.set(digest, bytes);
      return digest;
    },
  };
  for (const text of texts) blobs.put(Buffer.from(text));
  return blobs;
}
