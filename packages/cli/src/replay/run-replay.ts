/**
 * Rehearses triggers: the engine that hosts run, over recorded samples and events, with a clock that goes from one instant at which
 * something may change to the next.
 *
 * A sample counts until the next one, but no longer than five minutes or three of its metric's intervals, whichever is longer; then the
 * metric is unknown, as it is on a host whose source fell silent. Nobody is known to be logged in.
 * Invariant: what was recorded outside of the span is not looked at; both its ends belong to it.
 */
import { type CompiledTriggers, TriggerEngine, type TriggerExplanation, type TriggerSwitch } from '@guise/decide';
import { limits, metricName } from '@guise/model';
import type { RecordedEvent } from './recorded-events.ts';
import type { Sample, Samples } from './sample-batch.ts';

export interface Replay {
  readonly personas: readonly { readonly instance: string; readonly triggers: CompiledTriggers | null }[];
  readonly samples: Samples | null;
  readonly events: readonly RecordedEvent[];
  /** Null: the first sample or event, and the last. */
  readonly fromMs: number | null;
  readonly toMs: number | null;
  readonly explainAtMs: number | null;
}

export interface Replayed {
  readonly fromMs: number;
  readonly toMs: number;
  readonly switches: readonly (TriggerSwitch & { readonly atMs: number })[];
  /** By instance, at `explainAtMs`. */
  readonly explanations: ReadonlyMap<string, TriggerExplanation | null>;
  readonly samples: number;
  /** Metrics of the recording, as the engine calls them. */
  readonly metrics: ReadonlySet<string>;
}

const silentMs = 5 * 60_000;
const intervalsToSilence = 3;

/** Null when there is neither a span nor anything recorded in it. */
export async function runReplay(replay: Replay): Promise<Replayed | null> {
  const rehearsal = new Rehearsal(replay);
  const { toMs } = replay;
  for await (const batch of replay.samples ?? []) {
    for (const sample of batch) {
      if (replay.fromMs !== null && sample.atMs < replay.fromMs) continue;
      // In order of time, so nothing after it counts either.
      if (toMs !== null && sample.atMs > toMs) return rehearsal.end();
      rehearsal.take(sample);
    }
  }
  return rehearsal.end();
}

interface Known {
  readonly name: string;
  atMs: number;
  intervalMs: number;
}

class Rehearsal {
  readonly #replay: Replay;
  readonly #engine = new TriggerEngine();
  readonly #events: readonly RecordedEvent[];
  readonly #values = new Map<string, number>();
  readonly #sampledMs = new Map<string, number>();
  readonly #known = new Map<string, Known>();
  readonly #switches: (TriggerSwitch & { readonly atMs: number })[] = [];
  #explanations: ReadonlyMap<string, TriggerExplanation | null> = new Map();
  #nextEvent = 0;
  #samples = 0;
  #startMs: number | null = null;
  #atMs = Number.NEGATIVE_INFINITY;
  /** The instant whose samples are being taken. */
  #pendingMs: number | null = null;

  constructor(replay: Replay) {
    const { fromMs, toMs } = replay;
    this.#replay = replay;
    this.#events = replay.events.filter(
      ({ atMs }) => atMs >= (fromMs ?? Number.NEGATIVE_INFINITY) && atMs <= (toMs ?? Number.POSITIVE_INFINITY),
    );
    this.#engine.setCandidates(replay.personas, fromMs ?? 0);
  }

  take({ atMs, metric, value }: Sample): void {
    if (atMs !== this.#pendingMs) {
      this.#flush();
      this.#advance(atMs);
      this.#pendingMs = atMs;
    }
    this.#samples += 1;
    const known = this.#known.get(metric) ?? { name: metricName(metric) ?? metric, atMs, intervalMs: Infinity };
    this.#known.set(metric, known);
    if (atMs > known.atMs) known.intervalMs = Math.min(known.intervalMs, atMs - known.atMs);
    known.atMs = atMs;
    this.#values.set(known.name, value);
    this.#sampledMs.set(known.name, atMs);
  }

  end(): Replayed | null {
    this.#flush();
    const last = this.#events.at(-1)?.atMs ?? Number.NEGATIVE_INFINITY;
    const toMs = this.#replay.toMs ?? Math.max(this.#atMs, last);
    if (!Number.isFinite(toMs)) return null;
    this.#advance(toMs);
    this.#evaluate(toMs);
    return {
      fromMs: this.#startMs ?? toMs,
      toMs,
      switches: this.#switches,
      explanations: this.#explanations,
      samples: this.#samples,
      metrics: new Set([...this.#known.values()].map(({ name }) => name)),
    };
  }

  #flush(): void {
    if (this.#pendingMs !== null) this.#evaluate(this.#pendingMs);
    this.#pendingMs = null;
  }

  /** Everything that happens before `untilMs` without a new sample. */
  #advance(untilMs: number): void {
    if (this.#startMs === null) {
      this.#startMs = this.#replay.fromMs ?? Math.min(untilMs, this.#events[0]?.atMs ?? untilMs);
      if (this.#startMs === untilMs) return;
      this.#evaluate(this.#startMs);
    }
    for (let atMs = this.#nextMs(); atMs < untilMs; atMs = this.#nextMs()) this.#evaluate(atMs);
  }

  #nextMs(): number {
    const due = Math.max(this.#engine.nextDueMs() ?? Number.POSITIVE_INFINITY, this.#atMs + 1);
    const event = this.#events[this.#nextEvent]?.atMs ?? Number.POSITIVE_INFINITY;
    const { explainAtMs } = this.#replay;
    const isAhead = explainAtMs !== null && explainAtMs > this.#atMs && explainAtMs >= this.#startMs!;
    return Math.min(due, event, isAhead ? explainAtMs : Number.POSITIVE_INFINITY, this.#nextSilenceMs());
  }

  #nextSilenceMs(): number {
    let next = Number.POSITIVE_INFINITY;
    for (const known of this.#known.values())
      if (this.#values.has(known.name)) next = Math.min(next, silentFrom(known));
    return next;
  }

  #evaluate(atMs: number): void {
    this.#atMs = atMs;
    for (const known of this.#known.values()) if (silentFrom(known) <= atMs) this.#values.delete(known.name);
    const events = [];
    for (
      let next = this.#events[this.#nextEvent];
      next !== undefined && next.atMs <= atMs;
      next = this.#events[this.#nextEvent]
    ) {
      events.push(next.event);
      this.#nextEvent += 1;
    }
    const inputs = { atMs, samples: this.#values, sampledMs: this.#sampledMs, users: null };
    this.#note(this.#engine.evaluate({ ...inputs, events }), atMs);
    // What switched is looked at once more, in case what asked for it is over already.
    for (
      let round = 0;
      (this.#engine.nextDueMs() ?? Number.POSITIVE_INFINITY) <= atMs && round < limits.replayRounds;
      round += 1
    ) {
      this.#note(this.#engine.evaluate({ ...inputs, events: [] }), atMs);
    }
    if (this.#replay.explainAtMs === atMs) this.#explain();
  }

  #note(switches: readonly TriggerSwitch[], atMs: number): void {
    for (const each of switches) this.#switches.push({ ...each, atMs });
  }

  #explain(): void {
    this.#explanations = new Map(
      this.#replay.personas.map(({ instance }) => [instance, this.#engine.explain(instance)]),
    );
  }
}

function silentFrom({ atMs, intervalMs }: Known): number {
  return atMs + Math.max(silentMs, Number.isFinite(intervalMs) ? intervalsToSilence * intervalMs : 0);
}
