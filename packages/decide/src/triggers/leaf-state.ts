/** What is remembered of one leaf of one instance, between evaluations and across restarts of the agent. */
import type { EventLeaf, ScheduleLeaf, ThresholdLeaf, TriggerLeaf, UserLeaf } from './compiled.ts';
import type { Level } from './schedule.ts';
import type { Truth } from './truth.ts';

export type LeafState = ScheduleState | ThresholdState | EventState | UserState;

export interface ScheduleState {
  readonly type: 'schedule';
  readonly leaf: ScheduleLeaf;
  /** Null before the first evaluation. */
  level: Level | null;
}

export interface ThresholdState {
  readonly type: 'threshold';
  readonly leaf: ThresholdLeaf;
  /** The instant of the first sample of the unbroken run that qualifies. */
  sinceMs: number | null;
  truth: Truth;
}

export interface EventState {
  readonly type: 'event';
  readonly leaf: EventLeaf;
  /** Exclusive. Infinity: until the switch that the event asks for. */
  holdUntilMs: number;
  /** Of the last event that counted. */
  acceptedMs: number;
  /** Of the last events, at most `accumulate.count`, that `accumulate` counts. */
  timesMs: number[];
  /** The event that counted last. */
  event: { readonly id: string; readonly source: string; readonly type: string } | null;
}

export interface UserState {
  readonly type: 'user';
  readonly leaf: UserLeaf;
  truth: Truth;
}

export function truthOf(state: LeafState, atMs: number): Truth {
  switch (state.type) {
    case 'schedule':
      return state.level?.active ?? null;
    case 'threshold':
      return state.truth;
    case 'event':
      return atMs < state.holdUntilMs;
    case 'user':
      return state.truth;
  }
}

export function initialState(leaf: TriggerLeaf): LeafState {
  switch (leaf.type) {
    case 'schedule':
      return { type: 'schedule', leaf, level: null };
    case 'threshold':
      return { type: 'threshold', leaf, sinceMs: null, truth: null };
    case 'event':
      return {
        type: 'event',
        leaf,
        holdUntilMs: Number.NEGATIVE_INFINITY,
        acceptedMs: Number.NEGATIVE_INFINITY,
        timesMs: [],
        event: null,
      };
    case 'user':
      return { type: 'user', leaf, truth: null };
  }
}
