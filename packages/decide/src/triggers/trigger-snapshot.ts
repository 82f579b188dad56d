/**
 * What of the triggers outlives a restart of the agent, as JSON: wishes, runs of thresholds, events that hold, events that came.
 *
 * Schedules and logins are not in it: they are levels, and the next evaluation finds them. State of triggers whose text changed
 * meanwhile is dropped, but for the wish and its history.
 */
import type { Json } from '@guise/model';
import { Candidate, type TriggerWish } from './candidate.ts';
import type { CompiledTriggers } from './compiled.ts';
import type { LeafState } from './leaf-state.ts';

export interface TriggerSnapshot {
  readonly format: 1;
  /** Of the last evaluation; null before the first. */
  readonly at_ms: number | null;
  readonly seen: readonly string[];
  readonly instances: { readonly [instance: string]: CandidateSnapshot };
}

export interface CandidateSnapshot {
  readonly key: string;
  readonly active: boolean;
  readonly reason: string;
  readonly inputs: { readonly [name: string]: Json };
  readonly since_ms: number;
  /** Null: never. So in the fields below. */
  readonly left_ms: number | null;
  readonly switches_ms: readonly number[];
  readonly leaves: { readonly [path: string]: LeafSnapshot };
}

type LeafSnapshot =
  | { readonly type: 'threshold'; readonly since_ms: number | null; readonly truth: boolean | null }
  | {
      readonly type: 'event';
      /** "switch": until the switch that it asks for. */
      readonly hold_until_ms: number | 'switch' | null;
      readonly accepted_ms: number | null;
      readonly times_ms: readonly number[];
      readonly event: { readonly id: string; readonly source: string; readonly type: string } | null;
    };

export function candidateSnapshot({ triggers, wish, leftMs, switchesMs, states }: Candidate): CandidateSnapshot {
  return {
    key: triggers.key,
    active: wish.active,
    reason: wish.reason,
    inputs: wish.inputs,
    since_ms: wish.sinceMs,
    left_ms: finiteOrNull(leftMs),
    switches_ms: switchesMs,
    leaves: Object.fromEntries(
      [...states].flatMap(([path, state]) => {
        const snapshot = leafSnapshot(state);
        return snapshot === null ? [] : [[path, snapshot]];
      }),
    ),
  };
}

/** Without a snapshot: inactive since `atMs`. */
export function restoredCandidate(
  instance: string,
  triggers: CompiledTriggers,
  snapshot: CandidateSnapshot | undefined,
  atMs: number,
): Candidate {
  const wish: TriggerWish =
    snapshot === undefined
      ? { active: false, reason: 'its triggers did not hold yet', inputs: {}, sinceMs: atMs, waits: null }
      : {
          active: snapshot.active,
          reason: snapshot.reason,
          inputs: snapshot.inputs,
          sinceMs: snapshot.since_ms,
          waits: null,
        };
  const candidate = new Candidate(instance, triggers, wish);
  if (snapshot === undefined) return candidate;
  candidate.leftMs = snapshot.left_ms ?? Number.NEGATIVE_INFINITY;
  candidate.switchesMs = [...snapshot.switches_ms];
  if (snapshot.key !== triggers.key) return candidate;
  for (const [path, state] of candidate.states) restoreLeaf(state, snapshot.leaves[path]);
  return candidate;
}

function leafSnapshot(state: LeafState): LeafSnapshot | null {
  switch (state.type) {
    case 'threshold':
      return { type: 'threshold', since_ms: state.sinceMs, truth: state.truth };
    case 'event':
      return {
        type: 'event',
        hold_until_ms: state.holdUntilMs === Number.POSITIVE_INFINITY ? 'switch' : finiteOrNull(state.holdUntilMs),
        accepted_ms: finiteOrNull(state.acceptedMs),
        times_ms: state.timesMs,
        event: state.event,
      };
    case 'schedule':
    case 'user':
      return null;
  }
}

function restoreLeaf(state: LeafState, snapshot: LeafSnapshot | undefined): void {
  if (state.type === 'threshold' && snapshot?.type === 'threshold') {
    state.sinceMs = snapshot.since_ms;
    state.truth = snapshot.truth;
  }
  if (state.type === 'event' && snapshot?.type === 'event') {
    const { hold_until_ms: holdUntil } = snapshot;
    state.holdUntilMs = holdUntil === 'switch' ? Number.POSITIVE_INFINITY : (holdUntil ?? Number.NEGATIVE_INFINITY);
    state.acceptedMs = snapshot.accepted_ms ?? Number.NEGATIVE_INFINITY;
    state.timesMs = [...snapshot.times_ms];
    state.event = snapshot.event;
  }
}

export function finiteOrNull(ms: number): number | null {
  return Number.isFinite(ms) ? ms : null;
}
