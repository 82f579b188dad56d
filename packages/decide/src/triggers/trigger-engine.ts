/**
 * Evaluates the triggers of all instances of a host, and remembers what they need: the same inputs in the same order give the same
 * switches, here, in a replay and after a restart from a snapshot.
 *
 * Invariants: no clock of its own; an evaluation costs what changed since the one before, not what exists: metrics by the bounds that
 * they crossed, schedules and waits by when they are due, events by their type, logins by who came or went. An instance is decided
 * once in an evaluation, and again in the next one when it switched.
 * Throws: nothing; what could be wrong was refused by `compileTriggers`.
 */
import type { CloudEvent } from '@guise/model';
import type { Candidate, TriggerWish } from './candidate.ts';
import type { CompiledTriggers } from './compiled.ts';
import { DueQueue } from './due-queue.ts';
import { EventWatch } from './event-watch.ts';
import type { EventState, LeafState, ScheduleState, ThresholdState, UserState } from './leaf-state.ts';
import { MetricWatch } from './metric-watch.ts';
import { type ExplainedLeaf, explainedLeaves, type View } from './reason.ts';
import { ScheduleWatch } from './schedule-watch.ts';
import {
  type CandidateSnapshot,
  candidateSnapshot,
  finiteOrNull,
  restoredCandidate,
  type TriggerSnapshot,
} from './trigger-snapshot.ts';
import { type LoggedIn, UserWatch } from './user-watch.ts';

export interface TriggerInputs {
  readonly atMs: number;
  /** Fresh samples by canonical name of the metric; what is not here is unknown. */
  readonly samples: ReadonlyMap<string, number>;
  /** When a sample was taken; `atMs` for those that are not here. A `for` is met by a sample, never by waiting. */
  readonly sampledMs?: ReadonlyMap<string, number>;
  readonly events: readonly CloudEvent[];
  readonly users: LoggedIn;
}

export interface TriggerSwitch extends TriggerWish {
  readonly instance: string;
}

/** Why an instance is as its triggers have it, leaf by leaf. */
export interface TriggerExplanation {
  readonly wish: TriggerWish;
  readonly activation: readonly ExplainedLeaf[];
  readonly deactivation: readonly ExplainedLeaf[];
}

interface CandidateTriggers {
  readonly instance: string;
  /** Null: no triggers, and so always active. */
  readonly triggers: CompiledTriggers | null;
}

export class TriggerEngine {
  /** Of instances that are no candidates yet. */
  readonly #restored: Map<string, CandidateSnapshot>;
  #candidates = new Map<string, Candidate>();
  readonly #wishes = new Map<string, TriggerWish>();
  #ownerOf = new Map<LeafState, Candidate>();
  #metrics = new Map<string, MetricWatch>();
  #schedules = new ScheduleWatch([]);
  #events: EventWatch;
  #users = new UserWatch([]);
  #due = new DueQueue<Candidate>();
  readonly #dirty = new Set<Candidate>();
  #atMs: number;

  constructor(options: { readonly restored?: TriggerSnapshot | undefined } = {}) {
    this.#restored = new Map(Object.entries(options.restored?.instances ?? {}));
    this.#atMs = options.restored?.at_ms ?? Number.NEGATIVE_INFINITY;
    this.#events = new EventWatch([], options.restored?.seen ?? []);
  }

  /** Those with the same name and the same triggers keep their state. */
  setCandidates(candidates: readonly CandidateTriggers[], atMs: number): void {
    const before = this.#candidates;
    this.#candidates = new Map();
    const always = new Map<string, TriggerWish>();
    for (const { instance, triggers } of candidates) {
      if (triggers === null) always.set(instance, this.#wishes.get(instance) ?? alwaysActive(atMs));
      else this.#candidates.set(instance, this.#candidate(instance, triggers, before.get(instance), atMs));
    }
    this.#wishes.clear();
    for (const [instance, wish] of always) this.#wishes.set(instance, wish.active ? wish : alwaysActive(atMs));
    for (const [instance, { wish }] of this.#candidates) this.#wishes.set(instance, wish);
    this.#watch();
  }

  /** Only the instances whose wish changed, by name. */
  evaluate(inputs: TriggerInputs): readonly TriggerSwitch[] {
    const { atMs, samples, sampledMs } = inputs;
    if (atMs < this.#atMs) for (const candidate of this.#candidates.values()) this.#setBack(candidate, atMs);
    this.#atMs = atMs;
    const touch = (state: LeafState): void => void this.#dirty.add(this.#ownerOf.get(state)!);
    for (const [metric, watch] of this.#metrics) {
      const value = samples.get(metric);
      const isKnown = value !== undefined && Number.isFinite(value);
      watch.update(isKnown ? value : null, sampledMs?.get(metric) ?? atMs, touch);
    }
    this.#schedules.update(atMs, touch);
    this.#users.update(inputs.users, touch);
    for (const event of inputs.events) {
      this.#events.hear(event, atMs, (state) => {
        this.#ownerOf.get(state)!.take(state);
        touch(state);
      });
    }
    for (let due = this.#due.takeDue(atMs); due !== null; due = this.#due.takeDue(atMs)) this.#dirty.add(due);
    return this.#decideDirty();
  }

  /** Of every candidate. The same map each time; it changes with evaluations. */
  wishes(): ReadonlyMap<string, TriggerWish> {
    return this.#wishes;
  }

  /** The next instant at which time alone may change something; null when it cannot. */
  nextDueMs(): number | null {
    const [schedule, wait] = [this.#schedules.nextMs, this.#due.nextMs()];
    if (schedule === null || wait === null) return schedule ?? wait;
    return Math.min(schedule, wait);
  }

  /** The wall clock was set while time went on: what has to last goes on lasting. Without this call a step forward ends it at once. */
  stepClock(byMs: number): void {
    for (const candidate of this.#candidates.values()) candidate.stepClock(byMs);
    for (const [instance, wish] of this.#wishes) {
      this.#wishes.set(instance, this.#candidates.get(instance)?.wish ?? { ...wish, sinceMs: wish.sinceMs + byMs });
    }
    this.#atMs += byMs;
    this.#watch();
  }

  /** As of the last evaluation; null for an instance without triggers. */
  explain(instance: string): TriggerExplanation | null {
    const candidate = this.#candidates.get(instance);
    if (candidate === undefined) return null;
    const { triggers, wish } = candidate;
    const view = this.#view(candidate);
    return {
      wish,
      activation: explainedLeaves(triggers.activation, view),
      deactivation: triggers.deactivation === null ? [] : explainedLeaves(triggers.deactivation, view),
    };
  }

  snapshot(): TriggerSnapshot {
    return {
      format: 1,
      at_ms: finiteOrNull(this.#atMs),
      seen: [...this.#events.seen],
      instances: Object.fromEntries(
        [...this.#candidates].map(([instance, candidate]) => [instance, candidateSnapshot(candidate)]),
      ),
    };
  }

  #candidate(instance: string, triggers: CompiledTriggers, before: Candidate | undefined, atMs: number): Candidate {
    if (before?.triggers.key === triggers.key) return before;
    const snapshot = before === undefined ? this.#restored.get(instance) : candidateSnapshot(before);
    this.#restored.delete(instance);
    return restoredCandidate(instance, triggers, snapshot, atMs);
  }

  /** Everything is looked at once in the next evaluation, whatever was known before. */
  #watch(): void {
    const states: LeafState[] = [];
    this.#ownerOf = new Map();
    this.#due = new DueQueue();
    this.#dirty.clear();
    for (const candidate of this.#candidates.values()) {
      for (const state of candidate.states.values()) {
        this.#ownerOf.set(state, candidate);
        states.push(state);
      }
      this.#dirty.add(candidate);
    }
    const byMetric = Map.groupBy(states.filter(isThreshold), ({ leaf }) => leaf.metric);
    this.#metrics = new Map([...byMetric].map(([metric, group]) => [metric, new MetricWatch(group)]));
    this.#schedules = new ScheduleWatch(states.filter(isSchedule));
    this.#events = new EventWatch(states.filter(isEvent), this.#events.seen);
    this.#users = new UserWatch(states.filter(isUser));
  }

  #decideDirty(): readonly TriggerSwitch[] {
    const switches: TriggerSwitch[] = [];
    const dirty = [...this.#dirty];
    this.#dirty.clear();
    for (const candidate of dirty) {
      if (candidate.decide(this.#view(candidate))) {
        switches.push({ instance: candidate.instance, ...candidate.wish });
      }
      this.#wishes.set(candidate.instance, candidate.wish);
      this.#due.set(candidate, candidate.dueMs);
    }
    return switches.sort((a, b) => (a.instance < b.instance ? -1 : 1));
  }

  #setBack(candidate: Candidate, atMs: number): void {
    candidate.setBack(atMs);
    this.#dirty.add(candidate);
  }

  #view({ states }: Candidate): View {
    return { atMs: this.#atMs, states, sample: (metric) => this.#metrics.get(metric)?.sample ?? null };
  }
}

function alwaysActive(atMs: number): TriggerWish {
  return { active: true, reason: 'it has no triggers', inputs: {}, sinceMs: atMs, waits: null };
}

function isThreshold(state: LeafState): state is ThresholdState {
  return state.type === 'threshold';
}

function isSchedule(state: LeafState): state is ScheduleState {
  return state.type === 'schedule';
}

function isEvent(state: LeafState): state is EventState {
  return state.type === 'event';
}

function isUser(state: LeafState): state is UserState {
  return state.type === 'user';
}
