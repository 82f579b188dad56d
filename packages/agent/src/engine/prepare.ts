/**
 * Observe, merge, plan: from a set of layers to an immutable plan and everything that running it needs.
 *
 * Changes nothing. The same layers on the same live host give the same plan, with the same hash.
 * Baseline of an address: what the journal has, or, when guise has never touched it, what it is now (but see `provided.ts`).
 * Packages are decided first, because what they bring is part of what the rest is merged over.
 * Throws: what rendering, compiling and resolving throw; `kind_refused` for what an offline tree cannot have.
 */
import type { Claim, Compiled } from '@guise/decide';
import { compileLayer, makePlan, mergeClaims } from '@guise/decide';
import type { Address, Digest, Facts, Layer, LayerRef, Plan, Probe, ResolvedPersona, State } from '@guise/model';
import { canonicalJson, GuiseError, kindOf, kinds, limits } from '@guise/model';
import { digestOf } from '../host/digest.ts';
import type { AfterCommit, Journal } from '../journal/journal.ts';
import type { ObserveContext } from '../resources/adapter.ts';
import type { BlobStore } from './blob-store.ts';
import { claimedStates, instancesByAddress, refuseOffline } from './claims.ts';
import type { Adapters } from './observe.ts';
import { observe } from './observe.ts';
import { pastsGiven, separatePasts } from './provided.ts';
import { resolveTargets } from './resolve-targets.ts';

export interface Prepared {
  readonly plan: Plan;
  readonly afterCommit: AfterCommit;
  /** Content of every pre-image and new baseline, to be recorded with the plan. */
  readonly preImages: ReadonlyMap<Digest, Uint8Array>;
  readonly tests: readonly Probe[];
  readonly healthChecks: readonly Probe[];
  readonly live: ReadonlyMap<Address, State>;
  readonly targets: ReadonlyMap<Address, State>;
  readonly baselines: ReadonlyMap<Address, State>;
  readonly claims: readonly Claim[];
}

export interface PrepareInput {
  readonly layers: readonly Layer[];
  readonly journal: Journal;
  readonly adapters: Adapters;
  readonly blobs: BlobStore;
  readonly context: ObserveContext;
}

export async function prepare({ layers, journal, adapters, blobs, context }: PrepareInput): Promise<Prepared> {
  if (layers.length > limits.layersPerHost) {
    throw new GuiseError(
      'limit_exceeded',
      `Cannot have ${layers.length} personas active at once: at most ${limits.layersPerHost}`,
    );
  }
  const facts = context.host.facts();
  const compiled = layers.map((layer) => compiledOnce(layer, facts));
  for (const { blobs: content } of compiled) blobs.add(content);
  const claims = compiled.flatMap((each) => each.claims);
  if (!context.host.live) refuseOffline(claims, adapters);

  const known = journal.managed();
  const recorded = journal.baselines();
  const provided = new Map(journal.provided());
  const claimed = instancesByAddress(claims);
  const meant = new Map([...known, ...claimedStates(claims)]);
  const live = await observe({
    addresses: new Set([...claimed.keys(), ...recorded.keys()]),
    known: meant,
    adapters,
    context,
  });
  const baselines = new Map([...live, ...recorded]);
  const fresh = [...live.keys()].filter((address) => !recorded.has(address) && kindOf(address) !== 'package');
  const ours = new Set(
    [...known]
      .filter(([address, { version }]) => kindOf(address) === 'package' && version !== null)
      .map(([address]) => address),
  );
  await separatePasts({ baselines, provided, fresh, ours, adapters, context });

  const isPackage = (address: Address): boolean => kindOf(address) === 'package';
  const [packageClaims, otherClaims] = [
    claims.filter(({ address }) => isPackage(address)),
    claims.filter(({ address }) => !isPackage(address)),
  ];
  const packages = mergeClaims(packageClaims, restrictedTo(baselines, isPackage));
  const targets = new Map([...packages.addresses].map(([address, { state }]) => [address, state]));
  const resolution = { targets, claimed, live, baselines, adapters, context };
  const fromPackages = await resolveTargets({ ...resolution, kinds: ['package'] });

  const staying = (address: Address): boolean => (targets.get(address)?.['version'] ?? null) !== null;
  const pasts = pastsGiven(baselines, provided, staying);
  const others = mergeClaims(
    otherClaims,
    restrictedTo(pasts, (address) => !isPackage(address)),
  );
  for (const [address, { state }] of others.addresses) targets.set(address, state);
  const fromOthers = await resolveTargets({ ...resolution, kinds: kinds.filter((kind) => kind !== 'package') });

  const implied = new Set([...fromPackages.implied, ...fromOthers.implied]);
  const plan = makePlan({
    layersBefore: journal.activeLayers().map(refOf),
    layersAfter: layers.map(refOf),
    live,
    targets,
    known,
    because: (address) =>
      claimed.get(address) ??
      (implied.has(address) ? 'what the personas ask for needs it' : 'no active persona asks for it any more'),
    conflicts: [...packages.conflicts, ...others.conflicts],
    warnings: [...fromPackages.warnings, ...fromOthers.warnings],
    digest: (value) => digestOf(Buffer.from(canonicalJson(value))),
  });
  // What no layer claims but a package of ours still provides is remembered, so that it can leave with its package.
  const kept = (address: Address): boolean => {
    const by = provided.get(address)?.by;
    return claimed.has(address) || implied.has(address) || (by !== undefined && staying(by));
  };
  const managed = [...targets].filter(([address]) => kept(address));
  const newBaselines = [...baselines].filter(([address]) => !recorded.has(address) && kept(address));
  const keptProvided = [...provided].filter(([address, { by }]) => kept(address) && staying(by));
  const befores = plan.stages.flatMap((stage) => stage.changes.map((change) => change.before));
  return {
    plan,
    afterCommit: {
      baselines: newBaselines,
      released: [...targets.keys()].filter((address) => !kept(address)),
      managed,
      provided: keptProvided.map(([address, { state, by }]) => [address, state, by]),
    },
    preImages: blobs.referredBy([
      ...befores,
      ...newBaselines.map(([, state]) => state),
      ...keptProvided.map(([, { state }]) => state),
    ]),
    tests: compiled.flatMap((each) => each.tests),
    healthChecks: compiled.flatMap((each) => each.healthChecks),
    live,
    targets,
    baselines: pasts,
    claims,
  };
}

export function refOf({ instance, persona_id, version, priority }: Layer): LayerRef {
  return { instance, persona_id, version, priority };
}

function restrictedTo(
  states: ReadonlyMap<Address, State>,
  belongs: (address: Address) => boolean,
): ReadonlyMap<Address, State> {
  return new Map([...states].filter(([address]) => belongs(address)));
}

const compiledByPersona = new WeakMap<ResolvedPersona, { readonly for: string; readonly compiled: Compiled }>();

/** Compiling depends on the layer and the host's facts alone, so a resident agent does it once per layer. */
function compiledOnce({ persona, ...rest }: Layer, facts: Facts): Compiled {
  const use = JSON.stringify([rest, facts]);
  const cached = compiledByPersona.get(persona);
  if (cached?.for === use) return cached.compiled;
  const compiled = compileLayer({ persona, ...rest }, facts);
  compiledByPersona.set(persona, { for: use, compiled });
  return compiled;
}
