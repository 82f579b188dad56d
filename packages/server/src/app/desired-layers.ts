/**
 * What one host should have: every assignment that reaches it → its layers. Each is a candidate there; its triggers, if it has any,
 * say on the host when it is active.
 *
 * One instance name is one layer. When it comes by several ways, the host's own assignment wins over its tags', those over its
 * groups', and those over the persona group that its tag `persona_group` names; among equals the first target by name, so that
 * the answer never depends on the order of rows.
 * Shape: n candidates → at most n layers, sorted by instance; more than `limits.layersPerHost`, or one that nobody signed, is a
 * refusal, not an error, because the host keeps what it has.
 */

import { limits } from '@guise/model';
import type { Candidate } from '../store/desired.ts';

export interface DesiredLayer {
  readonly instance: string;
  readonly persona_id: string;
  readonly version: number;
  readonly priority: number;
  readonly parameters: { readonly [name: string]: string | number | boolean };
  readonly assigned_by: string;
  /** Of the persona's content, so that the whole list can be compared without reading it. */
  readonly digest: string;
  /** Id of the permission to go back to this version; part of what is compared, so that a new one is sent. */
  readonly rollback?: string;
}

export type DesiredLayers =
  | { readonly type: 'layers'; readonly layers: readonly DesiredLayer[] }
  | { readonly type: 'refused'; readonly reason: string };

const rankOf = { checkout: 0, host: 0, tag: 1, group: 2, persona_group: 3 } as const;

export function desiredLayers(candidates: readonly Candidate[]): DesiredLayers {
  const winners = winnersOf(candidates);
  if (winners.length > limits.layersPerHost) {
    return {
      type: 'refused',
      reason: `${winners.length} personas are assigned, and a host may have ${limits.layersPerHost}`,
    };
  }
  const unsigned = winners.find(({ is_signed }) => !is_signed);
  if (unsigned !== undefined) {
    return {
      type: 'refused',
      reason: `version ${unsigned.version} of "${unsigned.persona_id}" has no signature: sign it and publish it again`,
    };
  }
  const sorted = winners.toSorted((one, other) => compare(one.instance, other.instance));
  return { type: 'layers', layers: sorted.map(layerOf) };
}

/** Of one host: one for each instance. */
export function winnersOf(candidates: readonly Candidate[]): readonly Candidate[] {
  const winners = new Map<string, Candidate>();
  for (const candidate of candidates) {
    const winner = winners.get(candidate.instance);
    if (winner === undefined || outranks(candidate, winner)) winners.set(candidate.instance, candidate);
  }
  return [...winners.values()];
}

function outranks(one: Candidate, other: Candidate): boolean {
  const difference = rankOf[one.target_type] - rankOf[other.target_type];
  return difference === 0 ? compare(one.target, other.target) < 0 : difference < 0;
}

function layerOf(winner: Candidate): DesiredLayer {
  const { instance, persona_id, version, priority, parameters, digest, rollback } = winner;
  const assigned_by = `${winner.target_type}:${winner.target} by ${winner.assigned_by}`;
  return {
    instance,
    persona_id,
    version,
    priority,
    parameters,
    assigned_by,
    digest,
    ...(rollback === null ? {} : { rollback }),
  };
}

/** By code unit, which no locale changes. */
function compare(one: string, other: string): number {
  if (one === other) return 0;
  return one < other ? -1 : 1;
}
