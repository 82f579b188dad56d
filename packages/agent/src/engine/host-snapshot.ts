/**
 * What a host was at a snapshot, as far as its journal and its own files can tell, and whether it is that again.
 *
 * `managed` is every address in guise's care as it was found, and every address that a switch has touched since, whose state at the
 * snapshot is the pre-image of the first such switch. What somebody changed by hand between the two shows in the other parts.
 * Throws: what observing throws; `limit_exceeded`.
 */
import { differingFields } from '@guise/decide';
import type { Address, Digest, Layer, State } from '@guise/model';
import { canonicalJson, isSecretState, limits } from '@guise/model';
import { digestOf } from '../host/digest.ts';
import type { Journal } from '../journal/journal.ts';
import type { ObserveContext } from '../resources/adapter.ts';
import { type Entries, entryOf, fingerprintParts, type Parts } from './fingerprint-parts.ts';
import type { Adapters } from './observe.ts';
import { observe } from './observe.ts';

export interface HostSnapshot {
  readonly layers: readonly Layer[];
  /** The last one of the journal. */
  readonly transaction: string | null;
  readonly managed: readonly (readonly [Address, State])[];
  /** Looked at besides the usual ones. */
  readonly directories: readonly string[];
  readonly parts: Parts;
  readonly fingerprint: Fingerprint;
}

export interface Fingerprint {
  readonly digest: Digest;
  readonly parts: { readonly [part: string]: Digest };
}

export interface Comparison {
  /** Of the host as it is now; equal to that of the snapshot when it is the same. */
  readonly fingerprint: Fingerprint;
  /** Such as `files /etc/hosts`, at most `limits.differingReported`. */
  readonly differing: readonly string[];
  readonly differingCount: number;
}

export interface SnapshotContext {
  readonly journal: Journal;
  readonly adapters: Adapters;
  readonly context: ObserveContext;
}

export async function takeSnapshot(
  { journal, adapters, context }: SnapshotContext,
  directories: readonly string[],
): Promise<HostSnapshot> {
  const known = journal.managed();
  const managed = await observe({ addresses: known.keys(), known, adapters, context });
  const parts = await fingerprintParts(context.host, directories, new Set([context.stateDirectory]));
  return {
    layers: journal.activeLayers(),
    transaction: journal.history(1)[0]?.id ?? null,
    managed: [...managed],
    directories,
    parts,
    fingerprint: fingerprintOf({ ...parts, managed: managedEntries([...managed]) }),
  };
}

export async function compareWith(before: HostSnapshot, input: SnapshotContext): Promise<Comparison> {
  const { host, stateDirectory } = input.context;
  const then: AllParts = { ...before.parts, managed: managedEntries(before.managed) };
  const now: AllParts = {
    ...(await fingerprintParts(host, before.directories, new Set([stateDirectory]))),
    managed: await managedNow(before, input),
  };
  const differing = Object.keys(now).flatMap((part) => differingNames(part, then[part] ?? {}, now[part] ?? {}));
  return {
    fingerprint: fingerprintOf(now),
    differing: differing.slice(0, limits.differingReported).map((name) => name.slice(0, limits.differingChars)),
    differingCount: differing.length,
  };
}

type AllParts = { readonly [part: string]: Entries };

function fingerprintOf(all: AllParts): Fingerprint {
  const parts = Object.fromEntries(
    Object.entries(all).map(([part, entries]) => [part, digestOf(Buffer.from(canonicalJson(entries)))]),
  );
  return { digest: digestOf(Buffer.from(canonicalJson(parts))), parts };
}

function managedEntries(managed: HostSnapshot['managed']): Entries {
  return Object.fromEntries(managed.map(([address, state]) => [address, entryOf(state)]));
}

/** As at the snapshot, but for what differs from it. */
async function managedNow(
  { managed, transaction }: HostSnapshot,
  { journal, adapters, context }: SnapshotContext,
): Promise<Entries> {
  const touched = journal.touchedSince(transaction);
  const expected = new Map([...touched].map(([address, { before }]) => [address, before] as const));
  for (const [address, state] of managed) expected.set(address, state);
  const known = new Map(
    [...expected].map(([address, state]) => [address, { ...touched.get(address)?.after, ...state }] as const),
  );
  const secrets = new Set([...known].filter(([, state]) => isSecretState(state)).map(([address]) => address));
  const live = await observe({ addresses: expected.keys(), known, secrets, adapters, context });
  const changed = [...expected].flatMap(([address, state]) => {
    const seen = live.get(address) ?? {};
    return differingFields(address, seen, state).length === 0 ? [] : [[address, entryOf(seen)] as const];
  });
  return { ...managedEntries(managed), ...Object.fromEntries(changed) };
}

function differingNames(part: string, then: Entries, now: Entries): readonly string[] {
  return [...new Set([...Object.keys(then), ...Object.keys(now)])]
    .filter((name) => then[name] !== now[name])
    .sort()
    .map((name) => `${part} ${name}`);
}
