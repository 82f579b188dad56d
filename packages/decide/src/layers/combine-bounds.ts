/**
 * `{at_least}` and `{at_most}` of all layers on one value.
 *
 * The bounds narrow an interval from the highest layer down, and one that would leave nothing of it is refused; then the
 * value is moved into the interval by the shortest way. So every bound that is not refused holds.
 * Throws: `document_invalid` when the value is no number, such as a sysctl of three.
 */
import type { Address, Json } from '@guise/model';
import { GuiseError } from '@guise/model';
import type { KindRules } from '../kinds/kind-rules.ts';
import type { Combination } from './combination.ts';
import type { Contribution } from './effective.ts';

export interface CombineBoundsInput {
  readonly address: Address;
  readonly field: string;
  readonly value: Json | undefined;
  /** Highest layer first. */
  readonly bounds: readonly Contribution[];
  readonly ground: Contribution | 'baseline';
  readonly numbers: KindRules['numbers'];
}

interface Edge {
  readonly at: number;
  readonly by: Contribution | null;
}

export function combineBounds({ address, field, value, bounds, ground, numbers }: CombineBoundsInput): Combination {
  const [first] = bounds;
  if (first === undefined) return { value, clashes: [], refused: [], mover: null };
  const clashes: (readonly [Contribution, Contribution])[] = [];
  const refused: Contribution[] = [];
  let low: Edge = { at: Number.NEGATIVE_INFINITY, by: null };
  let high: Edge = { at: Number.POSITIVE_INFINITY, by: null };
  for (const bound of bounds) {
    const { operand } = bound;
    const [at, opposite] =
      'at_least' in operand ? [operand.at_least, high] : [(operand as { at_most: number }).at_most, low];
    if ('at_least' in operand ? at > high.at : at < low.at) {
      refused.push(bound);
      if (opposite.by !== null && opposite.by.layer.instance !== bound.layer.instance)
        clashes.push([opposite.by, bound]);
    } else if ('at_least' in operand) {
      if (at > low.at) low = { at, by: bound };
    } else if (at < high.at) high = { at, by: bound };
  }
  const start = numberOf(value, { address, field, bound: first, numbers });
  const moved = start === null ? anyWithin(low, high) : Math.min(Math.max(start, low.at), high.at);
  const mover = moved === start ? null : moved === low.at ? low.by : high.by;
  if (mover !== null && ground !== 'baseline' && overrules(mover, ground)) clashes.push([mover, ground]);
  return { value: spelled(moved, start, value, numbers), clashes, refused, mover };
}

/** A bound that moves what a layer of its own or of higher priority has set. */
function overrules(mover: Contribution, ground: Contribution): boolean {
  return mover.layer.instance !== ground.layer.instance && mover.layer.priority <= ground.layer.priority;
}

/** With nothing to start from, the bound itself is as good as any value within. */
function anyWithin(low: Edge, high: Edge): number {
  return low.by === null ? high.at : low.at;
}

interface NumberContext extends Pick<CombineBoundsInput, 'address' | 'field' | 'numbers'> {
  readonly bound: Contribution;
}

/** Null when there is no value yet. */
function numberOf(value: Json | undefined, { address, field, bound, numbers }: NumberContext): number | null {
  if (value === null || value === undefined) return numbers === 'null_is_unlimited' ? Number.POSITIVE_INFINITY : null;
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  if (typeof number === 'number' && Number.isFinite(number)) return number;
  const { file, line, column } = bound.at;
  const operator = Object.keys(bound.operand)[0];
  throw new GuiseError(
    'document_invalid',
    `Cannot apply ${operator} to "${address}" ${field}: its value must be a number, and it is ${JSON.stringify(value)} (${file}:${line}:${column})`,
  );
}

/** As the field writes numbers; a value that did not move keeps its spelling. */
function spelled(moved: number, start: number | null, value: Json | undefined, numbers: KindRules['numbers']): Json {
  if (moved === start && value !== undefined) return value;
  if (!Number.isFinite(moved)) return null;
  return numbers === 'text' ? String(moved) : moved;
}
