/**
 * From live to target: the plan, which is decided whole before anything is done.
 *
 * Invariants: the same inputs give the same plan and hash, whatever the order of maps and lists; applying a plan and planning
 * again gives an empty plan; `after` of a change is what an observation must read afterwards.
 * Shape: targets → at most `limits.changesPerPlan` changes in stages, each address in one change.
 * Throws: `limit_exceeded`.
 * Source: ../shared/DESIGN.md "How a host changes"; docs/adr/0004-undo-is-a-plan.md.
 */
import type { Address, Change, Conflict, Digest, Json, LayerRef, Nudge, Plan, State } from '@guise/model';
import { GuiseError, kindOf, limits } from '@guise/model';
import { differingFields } from '../kinds/difference.ts';
import { kindRules } from '../kinds/index.ts';
import { byLayer, compareText } from '../layers/precedence.ts';
import { arriving } from './arriving.ts';
import { carriedOver } from './carried.ts';
import { disturbed } from './disturbed.ts';
import { nudgesOf } from './nudges.ts';
import { stagesOf } from './stages.ts';

export interface PlanInput {
  readonly layersBefore: readonly LayerRef[];
  readonly layersAfter: readonly LayerRef[];
  /** Every address of `targets`, as it is now. */
  readonly live: ReadonlyMap<Address, State>;
  readonly targets: ReadonlyMap<Address, State>;
  /** What guise last committed: the only memory of what layers that are leaving said beside the host, such as `reload_on`. */
  readonly known: ReadonlyMap<Address, State>;
  readonly because: (address: Address) => string;
  readonly conflicts: readonly Conflict[];
  readonly warnings: readonly string[];
  readonly digest: (value: Json) => Digest;
}

export function makePlan(input: PlanInput): Plan {
  const befores = new Map(
    [...input.targets.keys()].map((address) => [
      address,
      carriedOver(address, stateOf(address, input.live), input.known.get(address)),
    ]),
  );
  const changes = differences(input, befores);
  addArriving(changes, input, befores);
  addNudges(changes, input, befores);
  addDisturbed(changes, input, befores);
  if (changes.size > limits.changesPerPlan) {
    throw new GuiseError(
      'limit_exceeded',
      `Cannot plan ${changes.size} changes at once: at most ${limits.changesPerPlan}`,
    );
  }
  const body = {
    layersBefore: [...input.layersBefore].sort(byLayer),
    layersAfter: [...input.layersAfter].sort(byLayer),
    stages: stagesOf([...changes.values()]),
    conflicts: [...input.conflicts].sort((a, b) => compareText(a.address, b.address) || compareText(a.field, b.field)),
    warnings: [...new Set([...input.warnings, ...whatStays(input, befores)])].sort(),
  };
  return { hash: input.digest(body as unknown as Json), ...body };
}

type Befores = ReadonlyMap<Address, State>;

function differences({ targets, because }: PlanInput, befores: Befores): Map<Address, Change> {
  const changes = new Map<Address, Change>();
  for (const [address, target] of targets) {
    const before = stateOf(address, befores);
    const differing = differingFields(address, before, target);
    const along = kindRules[kindOf(address)].goesAlong?.(before, target) ?? [];
    const fields = along.length === 0 ? differing : [...new Set([...differing, ...along])].sort();
    if (fields.length === 0) continue;
    changes.set(address, changeOf({ address, before, target, fields, nudge: null, because: because(address) }));
  }
  return changes;
}

function addArriving(changes: Map<Address, Change>, { targets, because }: PlanInput, befores: Befores): void {
  for (const [address, fields] of arriving(changes, befores, targets)) {
    const [before, target] = [stateOf(address, befores), stateOf(address, targets)];
    changes.set(address, changeOf({ address, before, target, fields, nudge: null, because: because(address) }));
  }
}

function addNudges(changes: Map<Address, Change>, { targets }: PlanInput, befores: Befores): void {
  for (const [address, { nudge, cause }] of nudgesOf({ befores, targets, changed: changes })) {
    const change = changes.get(address);
    const [before, target] = [stateOf(address, befores), stateOf(address, targets)];
    const alone = { address, before, target, fields: [], nudge, because: `${cause} changes` };
    changes.set(address, change === undefined ? changeOf(alone) : { ...change, nudge });
  }
}

function addDisturbed(changes: Map<Address, Change>, { targets }: PlanInput, befores: Befores): void {
  for (const [address, cause] of disturbed(changes, befores.keys())) {
    const [before, target] = [stateOf(address, befores), stateOf(address, targets)];
    const fields = Object.keys(target).sort();
    changes.set(address, changeOf({ address, before, target, fields, nudge: null, because: `${cause} resets it` }));
  }
}

function whatStays({ targets }: PlanInput, befores: Befores): readonly string[] {
  return [...targets].flatMap(([address, target]) => {
    const reason = kindRules[kindOf(address)].stays?.(stateOf(address, befores), target) ?? null;
    return reason === null ? [] : [`${address} stays as it is: ${reason}`];
  });
}

export interface ChangeInput {
  readonly address: Address;
  readonly before: State;
  readonly target: State;
  readonly fields: readonly string[];
  readonly nudge: Nudge | null;
  readonly because: string;
}

export function changeOf({ address, before, target, fields, nudge, because }: ChangeInput): Change {
  const rules = kindRules[kindOf(address)];
  const after = attained(before, target, fields, rules.carried);
  const cutsOff = rules.cutsOff?.({ address, before, after }) ?? false;
  return { address, before, after, fields, reversibility: rules.reversibility(before, after), nudge, because, cutsOff };
}

/** A bug in the caller, not in the world: every address of a plan was observed for it. */
export function stateOf(address: Address, live: ReadonlyMap<Address, State>): State {
  const state = live.get(address);
  if (state === undefined) throw new Error(`Nobody looked at ${address} before planning`);
  return state;
}

/** Where live already satisfies the target in its own way, it stays so: a static unit stays static. */
function attained(before: State, target: State, fields: readonly string[], carried: readonly string[]): State {
  const after: { [field: string]: Json } = {};
  for (const [field, value] of Object.entries(target)) {
    after[field] = fields.includes(field) || carried.includes(field) ? value : (before[field] ?? null);
  }
  return after;
}
