/**
 * Who wins: one total order over claims, so that merging never depends on the order in which layers came.
 *
 * Higher priority first, then persona id, then instance; within a layer the deeper document first. What is left of a tie
 * is one document saying two things in two spellings, and is broken by what it says.
 */
import type { Claim } from './claim.ts';

/** Negative when `a` wins over `b`. */
export function byPrecedence(a: Claim, b: Claim): number {
  return (
    b.layer.priority - a.layer.priority ||
    compareText(a.layer.persona_id, b.layer.persona_id) ||
    compareText(a.layer.instance, b.layer.instance) ||
    b.depth - a.depth ||
    compareText(a.at.path, b.at.path) ||
    compareText(JSON.stringify(a.operands), JSON.stringify(b.operands))
  );
}

/** By code units: the same everywhere, whatever the locale. */
export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
