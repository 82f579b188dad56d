/**
 * Says of one address why it is what it is, and what it would become if any one layer left.
 *
 * Shape: l layers with a say here → l + 1 merges of this address alone.
 * Source: ../shared/DESIGN.md "Five promises", 4.
 */
import type { Address, Json, State, WhyClaim, WhyField, WhyReport } from '@guise/model';
import type { Claim } from './claim.ts';
import type { Contribution, EffectiveAddress, Provenance } from './effective.ts';
import { mergeClaims } from './merge.ts';
import { compareText } from './precedence.ts';

export interface ExplainInput {
  readonly address: Address;
  /** Of all active layers; those about other addresses are passed over. */
  readonly claims: readonly Claim[];
  readonly baselines: ReadonlyMap<Address, State>;
  readonly live: State;
  /** Who asked for a layer. */
  readonly assignedBy: (instance: string) => string;
}

export function explain({ address, claims, baselines, live, assignedBy }: ExplainInput): WhyReport {
  const here = claims.filter((claim) => claim.address === address);
  const baseline = baselines.get(address);
  const ownBaselines = new Map(baseline === undefined ? [] : [[address, baseline]]);
  const merged = (among: readonly Claim[]) => mergeClaims(among, ownBaselines).addresses.get(address);
  const instances = [...new Set(here.map((claim) => claim.layer.instance))].sort(compareText);
  const without = instances.map(
    (instance) => [instance, merged(here.filter((claim) => claim.layer.instance !== instance))] as const,
  );
  const fields = Object.entries(merged(here)?.fields ?? {}).sort(([a], [b]) => compareText(a, b));
  return {
    address,
    managed: here.length > 0,
    live,
    fields: fields.map(([field, provenance]) => whyField(field, provenance, without, assignedBy)),
    // What is active is given here; whoever decides it adds why.
    layers: [],
  };
}

function whyField(
  field: string,
  { value, winner, combined, losers, baseline }: Provenance,
  without: readonly (readonly [string, EffectiveAddress | undefined])[],
  assignedBy: (instance: string) => string,
): WhyField {
  const told = (contribution: Contribution) => whyClaim(contribution, assignedBy);
  return {
    field,
    value,
    winner: typeof winner === 'string' ? winner : winner.layer.instance,
    because: [...(typeof winner === 'string' ? [] : [winner]), ...combined].map(told),
    losers: losers.map(told),
    baseline,
    without: Object.fromEntries(
      without.map(([instance, effective]) => [instance, valueWithout(effective, field, baseline)]),
    ),
  };
}

/** When the last layer leaves, the baseline is what is left. */
function valueWithout(effective: EffectiveAddress | undefined, field: string, baseline: Json): Json {
  return effective?.fields[field]?.value ?? effective?.state[field] ?? (effective === undefined ? baseline : null);
}

function whyClaim({ layer, operand, at }: Contribution, assignedBy: (instance: string) => string): WhyClaim {
  const { instance, persona_id, version, priority } = layer;
  const says: Json = 'set' in operand ? operand.set : operand;
  return { instance, persona_id, version, priority, says, ...at, assigned_by: assignedBy(instance) };
}
