/**
 * Merges what all layers say about one field.
 *
 * The winning `set` (or the baseline) is the ground; bounds and list operators of every layer that stands above a withdrawal
 * then combine on it, so that `{at_least: 4096}` holds whoever else sets the value. A layer's own deeper document replaces
 * what its ancestors said, which is inheritance and no conflict.
 * A conflict is: two layers of equal priority that set different values or undo each other's list items; a value set by a
 * higher layer that a lower layer's bound moves; two bounds that cannot both hold.
 */
import type { Address, Conflict, Json, LayerRef } from '@guise/model';
import { equalJson } from '../kinds/difference.ts';
import type { KindRules } from '../kinds/kind-rules.ts';
import type { Claim, Operand } from './claim.ts';
import type { Combination } from './combination.ts';
import { ties } from './combination.ts';
import { combineBounds } from './combine-bounds.ts';
import { combineLists } from './combine-lists.ts';
import type { Contribution } from './effective.ts';
import { byLayer } from './precedence.ts';

export interface MergeFieldInput {
  readonly address: Address;
  readonly field: string;
  /** The claims on this field, winner first. */
  readonly claims: readonly Claim[];
  /** What the baseline has. */
  readonly below: Json | undefined;
  readonly rules: KindRules;
}

export interface MergedField {
  /** Undefined when nobody has a say after all: the baseline stays. */
  readonly value: Json | undefined;
  readonly winner: Contribution | 'baseline';
  /** Lowest first. */
  readonly combined: readonly Contribution[];
  /** Highest first. */
  readonly losers: readonly Contribution[];
  readonly conflicts: readonly Conflict[];
}

export function mergeField({ address, field, claims, below, rules }: MergeFieldInput): MergedField {
  const { ground, combining, losers } = sortOut(claims);
  const set = ground !== null && 'set' in ground.operand ? ground.operand.set : undefined;
  const setter = set === undefined || ground === null ? 'baseline' : ground;
  const clashes =
    ground === null
      ? []
      : losers.filter((loser) => contradicts(loser, ground)).map((loser) => [ground, loser] as const);
  const bounds = combining.filter(({ operand }) => 'at_least' in operand || 'at_most' in operand);
  const items = combining.filter(({ operand }) => 'append' in operand || 'remove' in operand);
  const start = set ?? (combining.length > 0 ? below : undefined);
  const bounded = combineBounds({ address, field, value: start, bounds, ground: setter, numbers: rules.numbers });
  const listed = combineLists({ value: bounded.value, items, sorted: rules.sets?.includes(field) === true });
  const withdrawal = ground !== null && 'unset' in ground.operand ? [ground] : [];
  const winner = bounded.mover ?? setter;
  const overruled = bounded.mover !== null && setter !== 'baseline' ? [setter] : [];
  return {
    value: listed.value,
    winner,
    combined: [
      ...withdrawal,
      ...combining.filter((each) => each !== winner && !bounded.refused.includes(each)).reverse(),
    ],
    losers: [...overruled, ...losers, ...bounded.refused].sort((a, b) => byLayer(a.layer, b.layer)),
    conflicts: conflictsOf(address, field, [...clashes, ...bounded.clashes, ...listed.clashes]),
  };
}

interface Sorted {
  /** The highest `set` or `unset`. */
  readonly ground: Contribution | null;
  readonly combining: readonly Contribution[];
  readonly losers: readonly Contribution[];
}

/** One pass from the highest down. A layer's claims stand together in that order, deepest first. */
function sortOut(claims: readonly Claim[]): Sorted {
  let ground: Contribution | null = null;
  let settledInstance: string | null = null;
  let withdrawn = false;
  const combining: Contribution[] = [];
  const losers: Contribution[] = [];
  for (const { layer, at, operands } of claims) {
    const replaced = withdrawn || layer.instance === settledInstance;
    for (const operand of operands) {
      const contribution = { layer, operand, at };
      const settles = 'set' in operand || 'unset' in operand;
      if (replaced || (settles && ground !== null)) losers.push(contribution);
      else if (!settles) combining.push(contribution);
      else ground = contribution;
      if (settles) settledInstance = layer.instance;
      if ('unset' in operand && ground === contribution) withdrawn = true;
    }
  }
  return { ground, combining, losers };
}

/** Whether a layer of equal priority said otherwise; the order within a list is no contradiction. */
function contradicts(loser: Contribution, ground: Contribution): boolean {
  if (!ties(loser, ground) || !('set' in loser.operand || 'unset' in loser.operand)) return false;
  return !equalJson(sortedItems(loser.operand), sortedItems(ground.operand));
}

function sortedItems(operand: Operand): Json {
  return 'set' in operand && Array.isArray(operand.set)
    ? operand.set.map((item) => JSON.stringify(item)).sort()
    : operand;
}

function conflictsOf(address: Address, field: string, clashes: Combination['clashes']): readonly Conflict[] {
  const losersByWinner = new Map<string, { readonly winner: LayerRef; readonly losers: Map<string, LayerRef> }>();
  for (const [{ layer: winner }, { layer: loser }] of clashes) {
    const known = losersByWinner.get(winner.instance) ?? { winner, losers: new Map<string, LayerRef>() };
    known.losers.set(loser.instance, loser);
    losersByWinner.set(winner.instance, known);
  }
  return [...losersByWinner.values()].map(({ winner, losers }) => ({
    address,
    field,
    winner,
    losers: [...losers.values()],
  }));
}
