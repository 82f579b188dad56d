/**
 * Merges what all layers say over what the host had: the effective state, with the reason for every field.
 *
 * Invariants: the result is a function of the set of claims and the baselines, whatever their order; an address without
 * claims is exactly its baseline; a layer that leaves takes nothing along but its own say.
 * Shape: n claims over m addresses → one entry for every address that is claimed or has a baseline, sorted by address.
 * Throws: `document_invalid` when a bound meets a value that is no number.
 * Source: ../shared/DESIGN.md "Five promises".
 */
import type { Address, Conflict, Json, State } from '@guise/model';
import { kindOf, nameOf } from '@guise/model';
import { equalJson } from '../kinds/difference.ts';
import { kindRules } from '../kinds/index.ts';
import type { KindRules } from '../kinds/kind-rules.ts';
import type { Claim } from './claim.ts';
import type { Effective, EffectiveAddress, Provenance } from './effective.ts';
import type { MergedField } from './merge-field.ts';
import { mergeField } from './merge-field.ts';
import { byLayer, byPrecedence, compareText } from './precedence.ts';

export function mergeClaims(claims: Iterable<Claim>, baselines: ReadonlyMap<Address, State>): Effective {
  const claimsByAddress = new Map<Address, Claim[]>();
  for (const address of baselines.keys()) claimsByAddress.set(address, []);
  for (const claim of inLayerOrder(claims)) {
    const known = claimsByAddress.get(claim.address);
    if (known === undefined) claimsByAddress.set(claim.address, [claim]);
    else known.push(claim);
  }
  const addresses = new Map<Address, EffectiveAddress>();
  const conflicts: Conflict[] = [];
  for (const address of [...claimsByAddress.keys()].sort(compareText)) {
    const baseline = baselines.get(address) ?? kindRules[kindOf(address)].absent;
    addresses.set(address, mergeAddress(address, claimsByAddress.get(address) ?? [], baseline, conflicts));
  }
  return { addresses, conflicts };
}

/** The layer that wins comes first, its deepest document first: almost the order of precedence, which sorting then gets for nearly nothing. */
function inLayerOrder(claims: Iterable<Claim>): readonly Claim[] {
  const claimsByLayer = new Map<string, Claim[]>();
  for (const claim of claims) {
    const known = claimsByLayer.get(claim.layer.instance);
    if (known === undefined) claimsByLayer.set(claim.layer.instance, [claim]);
    else known.push(claim);
  }
  const layers = [...claimsByLayer.values()].sort(([a], [b]) => byLayer(a!.layer, b!.layer));
  return layers.flatMap((ofLayer) => ofLayer.reverse());
}

function mergeAddress(
  address: Address,
  claims: readonly Claim[],
  baseline: State,
  conflicts: Conflict[],
): EffectiveAddress {
  if (claims.length === 0) return { address, state: baseline, fields: provenances(baseline, baseline, new Map(), []) };
  const rules = kindRules[kindOf(address)];
  const merged = new Map<string, MergedField>();
  const claimed: { [field: string]: Json } = {};
  for (const [field, ofField] of byField(claims)) {
    const below = rules.parts?.[field]?.read(baseline) ?? baseline[field];
    const result = mergeField({ address, field, claims: ofField, below, rules });
    merged.set(field, result);
    if (result.value !== undefined) claimed[field] = result.value;
    conflicts.push(...result.conflicts);
  }
  const silent = [...merged.values()].every((result) => result.value === undefined);
  const state = silent ? baseline : rules.complete(claimed, baseline, nameOf(address));
  return { address, state, fields: provenances(state, baseline, merged, partsOf(rules, merged)) };
}

/** Sorted by field, and within it the claim that wins first. */
function byField(claims: readonly Claim[]): readonly (readonly [string, readonly Claim[]])[] {
  const fields = new Map<string, Claim[]>();
  for (const claim of claims) {
    const known = fields.get(claim.field);
    if (known === undefined) fields.set(claim.field, [claim]);
    else known.push(claim);
  }
  return [...fields]
    .map(([field, ofField]) => [field, ofField.sort(byPrecedence)] as const)
    .sort(([a], [b]) => compareText(a, b));
}

/** Fields of the state that are told of by their parts instead. */
function partsOf(rules: KindRules, merged: ReadonlyMap<string, MergedField>): readonly string[] {
  return Object.entries(rules.parts ?? {}).flatMap(([part, { of }]) => (merged.has(part) ? [of] : []));
}

function provenances(
  state: State,
  baseline: State,
  merged: ReadonlyMap<string, MergedField>,
  toldByParts: readonly string[],
): { readonly [field: string]: Provenance } {
  const fields: { [field: string]: Provenance } = {};
  for (const [field, { value, winner, combined, losers }] of merged) {
    // Completion has the last word: a symlink has no mode, whoever claimed one.
    const held = state[field] ?? (field in state ? null : (value ?? null));
    fields[field] = { value: held, winner, combined, losers, baseline: baseline[field] ?? null };
  }
  for (const [field, value] of Object.entries(state)) {
    if (merged.has(field) || toldByParts.includes(field)) continue;
    const before = baseline[field] ?? null;
    fields[field] = {
      value,
      winner: equalJson(value, before) ? 'baseline' : 'default',
      combined: [],
      losers: [],
      baseline: before,
    };
  }
  return fields;
}
