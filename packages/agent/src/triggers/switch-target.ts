/**
 * Which layers the next switch goes for, when some of what is wanted has failed before.
 *
 * What failed alone is blocked until its retry is due. What has to arrive together (the candidates without triggers: one assignment,
 * one declaration) is one unit; every other layer is one of its own, so a persona that cannot be activated keeps no other away.
 * As long as arrivals that belong together are blocked, what they replace stays: a host that cannot become the new remains the old.
 * A layer whose triggers or hold say that it leaves, leaves, whatever else fails. One whose signature has ended arrives no more.
 */
import type { Layer } from '@guise/model';
import type { Decision } from './decide-active.ts';
import { layerKey } from './layer-key.ts';
import { blockedByEnd } from './signature-ends.ts';

export interface Block {
  readonly instance: string;
  readonly unit: string;
  /** How often it failed alone. */
  readonly attempts: number;
  /** By a clock that never jumps. Infinity: not before something else is wanted. */
  readonly retryAtMs: number;
  /** One sentence. */
  readonly reason: string;
}

export interface TargetInput {
  readonly decisions: readonly Decision[];
  /** As the host is now. */
  readonly active: readonly Layer[];
  /** By layer key. */
  readonly blocks: ReadonlyMap<string, Block>;
  readonly nowMs: number;
  /** By the clock that people read, for ends of signatures. */
  readonly wallMs: number;
}

export interface Target {
  readonly layers: readonly Layer[];
  /** Key → unit, of what is not active yet. */
  readonly arriving: ReadonlyMap<string, string>;
}

/** Of all candidates without triggers. */
export const togetherUnit = 'together';

export function targetOf({ decisions, active, blocks, nowMs, wallMs }: TargetInput): Target {
  const wanted = decisions.filter((decision) => decision.active);
  const trial = dueUnit(wanted, blocks, nowMs);
  const present = new Set(active.map(layerKey));
  const hasEnded = (layer: Layer): boolean => blockedByEnd(layer, present, wallMs) !== null;
  const isBlocked = (layer: Layer): boolean => {
    const block = blocks.get(layerKey(layer));
    return hasEnded(layer) || (block !== undefined && block.unit !== trial);
  };
  const byInstance = new Map(active.map((layer) => [layer.instance, layer] as const));
  const chosen = wanted.flatMap(({ layer }) => (isBlocked(layer) ? (byInstance.get(layer.instance) ?? []) : layer));
  const candidates = new Set(decisions.map(({ layer }) => layer.instance));
  const isTogether = (decision: Decision): boolean =>
    unitIn(blocks, decision.layer) === togetherUnit || (hasEnded(decision.layer) && unitOf(decision) === togetherUnit);
  const isReplacing = wanted.some((decision) => isBlocked(decision.layer) && isTogether(decision));
  const replaced = isReplacing ? active.filter(({ instance }) => !candidates.has(instance)) : [];
  const layers = [...chosen, ...replaced];
  const units = new Map(wanted.map((decision) => [layerKey(decision.layer), unitOf(decision)] as const));
  const arriving = layers.map(layerKey).filter((key) => !present.has(key));
  return { layers, arriving: new Map(arriving.map((key) => [key, units.get(key) ?? togetherUnit] as const)) };
}

/** When the first of what is blocked and still wanted may be tried again; null when none may. */
export function nextRetryMs(decisions: readonly Decision[], blocks: ReadonlyMap<string, Block>): number | null {
  const wanted = decisions.filter(({ active }) => active);
  const times = wanted.map(({ layer }) => blocks.get(layerKey(layer))?.retryAtMs ?? Number.POSITIVE_INFINITY);
  const first = Math.min(...times, Number.POSITIVE_INFINITY);
  return Number.isFinite(first) ? first : null;
}

/** At most one blocked unit is tried at a time: the one that has waited longest. */
function dueUnit(wanted: readonly Decision[], blocks: ReadonlyMap<string, Block>, nowMs: number): string | null {
  const due = wanted.flatMap(({ layer }) => {
    const block = blocks.get(layerKey(layer));
    return block === undefined || block.retryAtMs > nowMs ? [] : [block];
  });
  const [first] = due.sort((one, other) => one.retryAtMs - other.retryAtMs);
  return first?.unit ?? null;
}

function unitOf({ decidedBy, layer }: Decision): string {
  return decidedBy === 'always' ? togetherUnit : layerKey(layer);
}

function unitIn(blocks: ReadonlyMap<string, Block>, layer: Layer): string | undefined {
  return blocks.get(layerKey(layer))?.unit;
}
