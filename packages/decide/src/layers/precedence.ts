/**
 * Who wins: one total order over claims, so that merging never depends on the order in which layers came.
 *
 * Higher priority first, then persona id, then instance; within a layer the deeper document first. What is left of a tie
 * is one document saying two things in two spellings, and is broken by what it says.
 */
import type { LayerRef } from '@guise/model';
import type { Claim } from './claim.ts';

/** Negative when `a` wins over `b`. */
export function byPrecedence(a: Claim, b: Claim): number {
  return (
    byLayer(a.layer, b.layer) ||
    b.depth - a.depth ||
    compareText(a.at.path, b.at.path) ||
    compareText(JSON.stringify(a.operands), JSON.stringify(b.operands))
  );
}

export function byLayer(a: LayerRef, b: LayerRef): number {
  if (a === b) return 0;
  return b.priority - a.priority || compareText(a.persona_id, b.persona_id) || compareText(a.instance, b.instance);
}

/** By code units: the same everywhere, whatever the locale. */
export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
