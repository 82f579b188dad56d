/** Sentences that say why a persona came or went, and the values that made it, from the leaves that settled it. */
import type { Json } from '@guise/model';
import { leavesOf, type TriggerNode } from './compiled.ts';
import { type LeafState, truthOf } from './leaf-state.ts';
import { allOf, anyOf, notOf, type Truth } from './truth.ts';

/** What an evaluation looks at. */
export interface View {
  readonly atMs: number;
  readonly states: ReadonlyMap<string, LeafState>;
  readonly sample: (metric: string) => { readonly value: number; readonly atMs: number } | null;
}

export interface Reason {
  readonly text: string;
  readonly inputs: { readonly [name: string]: Json };
}

const partsMax = 4;

export function truthOfNode(node: TriggerNode, view: View): Truth {
  switch (node.type) {
    case 'any':
      return anyOf(node.of.map((child) => truthOfNode(child, view)));
    case 'all':
      return allOf(node.of.map((child) => truthOfNode(child, view)));
    case 'not':
      return notOf(truthOfNode(node.of, view));
    default:
      return truthOf(view.states.get(node.path)!, view.atMs);
  }
}

/** Why the node is as it is: the leaves that settle it, no others. */
export function reasonOf(node: TriggerNode, view: View): Reason {
  const paths = settling(node, view);
  const states = paths.map((path) => view.states.get(path)!);
  const texts = states.slice(0, partsMax).map((state) => leafText(state, view));
  const more = states.length - texts.length;
  return {
    text: [...texts, ...(more > 0 ? [`${more} more`] : [])].join(' and '),
    inputs: Object.fromEntries(states.flatMap((state) => inputsOf(state, view))),
  };
}

/** One sentence about a leaf, true as of the view: `cpu_utilization was above 0.8 for 30s: 0.93 at 2026-11-25T10:00:30Z`. */
export function leafText(state: LeafState, view: View): string {
  const truth = truthOf(state, view.atMs);
  switch (state.type) {
    case 'schedule':
      return `${state.leaf.text} ${truth === true ? 'holds' : 'does not hold'}`;
    case 'threshold': {
      const { metric, comparison, bound, forMs } = state.leaf;
      const sample = view.sample(metric);
      if (sample === null) return `${metric} is unknown`;
      const lasting = forMs === 0 ? '' : ` for ${durationText(forMs)}`;
      const verdict = truth === true ? 'was' : 'was not';
      return `${metric} ${verdict} ${comparison} ${bound}${lasting}: ${valueText(sample.value)} at ${instantText(sample.atMs)}`;
    }
    case 'event': {
      const { leaf, event, acceptedMs } = state;
      if (event === null) return `no ${leaf.eventType} came`;
      const told = `${event.type} from ${event.source} (${event.id}) came at ${instantText(acceptedMs)}`;
      return truth === true ? told : `${told} and no longer holds`;
    }
    case 'user': {
      const { by, name } = state.leaf;
      if (truth === null) return 'who is logged in is unknown';
      if (by === 'user') return `${name} is ${truth ? '' : 'not '}logged in`;
      return `${truth ? 'somebody' : 'nobody'} of the group ${name} is logged in`;
    }
  }
}

export function instantText(atMs: number): string {
  return new Date(atMs).toISOString().replace('.000Z', 'Z');
}

/** `90000` → `90s`, in the largest unit that divides it. */
export function durationText(ms: number): string {
  const units = [
    ['d', 86_400_000],
    ['h', 3_600_000],
    ['m', 60_000],
    ['s', 1000],
  ] as const;
  const [unit, sizeMs] = units.find(([, size]) => ms > 0 && ms % size === 0) ?? ['ms', 1];
  return `${ms / sizeMs}${unit}`;
}

/** Paths of the leaves without which the node's truth would be open. */
function settling(node: TriggerNode, view: View): readonly string[] {
  if (node.type === 'not') return settling(node.of, view);
  if (!('of' in node)) return [node.path];
  const truth = truthOfNode(node, view);
  const settled = node.of.filter((child) => truthOfNode(child, view) === truth);
  // One suffices to make "any" true or "all" false; otherwise all of them speak.
  const isOneEnough = truth === (node.type === 'any');
  return (isOneEnough ? settled.slice(0, 1) : settled).flatMap((child) => settling(child, view));
}

function inputsOf(state: LeafState, { sample }: View): readonly (readonly [string, Json])[] {
  switch (state.type) {
    case 'schedule':
      return [[state.leaf.text, state.level?.active ?? null]];
    case 'threshold':
      return [[state.leaf.metric, sample(state.leaf.metric)?.value ?? null]];
    case 'event':
      return [[state.leaf.eventType, state.event]];
    case 'user':
      return [[`${state.leaf.by} ${state.leaf.name}`, state.truth]];
  }
}

function valueText(value: number): string {
  return String(Number(value.toPrecision(4)));
}

export interface ExplainedLeaf {
  readonly path: string;
  readonly truth: Truth;
  readonly text: string;
}

export function explainedLeaves(node: TriggerNode, view: View): readonly ExplainedLeaf[] {
  return leavesOf(node).map(({ path }) => {
    const state = view.states.get(path)!;
    return { path, truth: truthOf(state, view.atMs), text: leafText(state, view) };
  });
}
