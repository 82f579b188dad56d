/**
 * Observe, merge, plan: from a set of layers to an immutable plan and everything that running it needs.
 *
 * Changes nothing. The same layers on the same live host give the same plan, with the same hash.
 * Baseline of an address: what the journal has, or, when guise has never touched it, what it is now (but see `provided.ts`).
 * Throws: what rendering, compiling and resolving throw; `requirements_unmet`; `kind_refused` for what an offline tree cannot have.
 */
import type { Claim, CompiledLayer } from '@guise/decide';
import { makePlan } from '@guise/decide';
import type { Address, Digest, Layer, LayerRef, Plan, Probe, State } from '@guise/model';
import { canonicalJson, GuiseError } from '@guise/model';
import { digestOf } from '../host/digest.ts';
import type { AfterCommit, Journal } from '../journal/journal.ts';
import type { ObserveContext } from '../resources/adapter.ts';
import { openSecrets } from '../secrets/open-secrets.ts';
import type { Redactor } from '../secrets/redactor.ts';
import { openToAll, sealTargets } from '../secrets/seal-targets.ts';
import type { SecretSource } from '../secrets/secret-source.ts';
import type { BlobStore } from './blob-store.ts';
import { instancesByAddress, refuseOffline } from './claims.ts';
import type { CompiledLayers } from './compiled-layers.ts';
import type { HostView } from './look-at-host.ts';
import { lookAtHost } from './look-at-host.ts';
import type { MergedTargets } from './merge-targets.ts';
import { mergeTargets } from './merge-targets.ts';
import type { Adapters } from './observe.ts';

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
  /** Addresses whose content is not to be told. */
  readonly secrets: ReadonlySet<Address>;
}

export interface PrepareInput {
  readonly layers: readonly Layer[];
  readonly compiledLayers: CompiledLayers;
  readonly journal: Journal;
  readonly adapters: Adapters;
  readonly blobs: BlobStore;
  readonly source: SecretSource;
  readonly redactor: Redactor;
  readonly context: ObserveContext;
}

const impliedBecause = 'what the personas ask for needs it';
const releasedBecause = 'no active persona asks for it any more';

export async function prepare({
  layers,
  compiledLayers,
  journal,
  adapters,
  blobs,
  source,
  redactor,
  context,
}: PrepareInput): Promise<Prepared> {
  const unopened = await compiledLayers.of(layers, context.host.facts());
  refuseUnmet(layers, unopened, journal.activeLayers());
  for (const { blobs: content } of unopened) blobs.add(content);
  const compiled = openSecrets({ layers, compiled: unopened, source, blobs, redactor });
  const claims = compiled.flatMap((each) => each.claims);
  if (!context.host.live) refuseOffline(claims, adapters);
  const claimed = instancesByAddress(claims);
  const view = await lookAtHost({ claims, journal, adapters, context });
  const merged = await mergeTargets({ claims, claimed, view, adapters, context });
  const targets = sealTargets(merged.targets, view.secrets, blobs);
  const plan = makePlan({
    layersBefore: journal.activeLayers().map(refOf),
    layersAfter: layers.map(refOf),
    live: view.live,
    targets,
    known: view.known,
    because: (address) => claimed.get(address) ?? (merged.implied.has(address) ? impliedBecause : releasedBecause),
    conflicts: merged.conflicts,
    warnings: [...merged.warnings, ...openToAll(merged.targets, claims)],
    digest: (value) => digestOf(Buffer.from(canonicalJson(value))),
  });
  const afterCommit = afterCommitOf(claimed, view, merged);
  const befores = plan.stages.flatMap((stage) => stage.changes.map((change) => change.before));
  const pasts = [...afterCommit.baselines, ...afterCommit.provided].map(([, state]) => state);
  return {
    plan,
    afterCommit,
    preImages: blobs.referredBy([...befores, ...pasts]),
    tests: compiled.flatMap((each) => each.tests),
    healthChecks: compiled.flatMap((each) => each.healthChecks),
    live: view.live,
    targets,
    baselines: merged.pasts,
    claims,
    secrets: view.secrets,
  };
}

function afterCommitOf(
  claimed: { has(address: Address): boolean },
  { baselines, recorded, provided }: HostView,
  { targets, implied, staying }: MergedTargets,
): AfterCommit {
  // What no layer claims but a package of ours still provides is remembered, so that it can leave with its package.
  const isKept = (address: Address): boolean => {
    const by = provided.get(address)?.by;
    return claimed.has(address) || implied.has(address) || (by !== undefined && staying(by));
  };
  return {
    baselines: [...baselines].filter(([address]) => !recorded.has(address) && isKept(address)),
    released: [...targets.keys()].filter((address) => !isKept(address)),
    managed: [...targets].filter(([address]) => isKept(address)),
    provided: [...provided].flatMap(([address, { state, by }]) =>
      isKept(address) && staying(by) ? [[address, state, by] as const] : [],
    ),
  };
}

export function refOf({ instance, persona_id, version, priority }: Layer): LayerRef {
  return { instance, persona_id, version, priority };
}

/**
 * A host too small for what comes anew is refused. What is active already stays: a machine that has shrunk must still start, and
 * must be able to give up something else.
 */
function refuseUnmet(
  layers: readonly Layer[],
  compiled: readonly CompiledLayer[],
  active: readonly Pick<Layer, 'instance' | 'persona_id'>[],
): void {
  const problems = layers.flatMap(({ instance, persona_id }, index) =>
    active.some((each) => each.instance === instance && each.persona_id === persona_id)
      ? []
      : (compiled[index]?.unmet ?? []),
  );
  if (problems.length === 0) return;
  throw new GuiseError('requirements_unmet', problems.map(({ message }) => message).join('; '), { problems });
}
