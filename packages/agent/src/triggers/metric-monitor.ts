/**
 * Reads each metric that something needs at its own interval, and nothing else.
 *
 * A sample counts for two and a half of its intervals; after that the metric is unknown. A source that a persona defines is asked with
 * a deadline and never twice at the same time, so one that hangs costs nothing but its own metric.
 */
import type { ExternalReading, ExternalSource } from '../host/metrics/external-metric.ts';
import type { LinkClock } from '../link/clock.ts';

export interface MetricNeed {
  readonly name: string;
  readonly everyMs: number;
  /** Null: the host has it by itself. */
  readonly from: ExternalSource | null;
}

export interface MetricPort {
  sample(names: Iterable<string>, steadyMs: number): ReadonlyMap<string, number>;
  external(source: ExternalSource): Promise<ExternalReading>;
}

export interface MonitorParts {
  readonly port: MetricPort;
  readonly clock: LinkClock;
  readonly onSamples: () => void;
  /** Null: it can be read again. */
  readonly onTrouble: (name: string, reason: string | null) => void;
}

interface Watched {
  readonly need: MetricNeed;
  dueMs: number;
  isAsking: boolean;
}

export interface Sample {
  readonly value: number;
  /** By the time of day. */
  readonly takenMs: number;
}

interface KeptSample extends Sample {
  readonly freshUntilSteadyMs: number;
}

const freshIntervals = 2.5;
/** Needs that are due this soon are read together. */
const togetherMs = 20;

export class MetricMonitor {
  readonly #parts: MonitorParts;
  readonly #watched = new Map<string, Watched>();
  readonly #samples = new Map<string, KeptSample>();
  #cancelTimer: () => void = () => undefined;

  constructor(parts: MonitorParts) {
    this.#parts = parts;
  }

  /** Exactly these from now on; of two needs of one name the more frequent one counts. */
  need(needs: readonly MetricNeed[]): void {
    const wanted = new Map<string, MetricNeed>();
    for (const need of needs) {
      const known = wanted.get(need.name);
      if (known === undefined || need.everyMs < known.everyMs) wanted.set(need.name, need);
    }
    for (const [name, { need }] of this.#watched) {
      if (JSON.stringify(wanted.get(name)) === JSON.stringify(need)) wanted.delete(name);
      else this.#forget(name);
    }
    const dueMs = this.#parts.clock.steadyMs();
    for (const [name, need] of wanted) this.#watched.set(name, { need, dueMs, isAsking: false });
    this.#schedule();
  }

  /** What is known now. */
  fresh(): ReadonlyMap<string, Sample> {
    const steadyMs = this.#parts.clock.steadyMs();
    return new Map([...this.#samples].filter(([, { freshUntilSteadyMs }]) => freshUntilSteadyMs >= steadyMs));
  }

  close(): void {
    this.#cancelTimer();
    this.#watched.clear();
  }

  #forget(name: string): void {
    this.#watched.delete(name);
    this.#samples.delete(name);
    this.#parts.onTrouble(name, null);
  }

  #schedule(): void {
    this.#cancelTimer();
    const next = Math.min(...[...this.#watched.values()].map(({ dueMs }) => dueMs), Number.POSITIVE_INFINITY);
    if (!Number.isFinite(next)) return;
    const waitMs = Math.max(0, next - this.#parts.clock.steadyMs());
    this.#cancelTimer = this.#parts.clock.after(waitMs, () => this.#tick());
  }

  #tick(): void {
    const nowMs = this.#parts.clock.steadyMs();
    const due = [...this.#watched.values()].filter(({ dueMs }) => dueMs <= nowMs + togetherMs);
    for (const watched of due) watched.dueMs = nextDueMs(watched, nowMs);
    const own = due.filter(({ need }) => need.from === null);
    const values =
      own.length === 0
        ? new Map()
        : this.#parts.port.sample(
            own.map(({ need }) => need.name),
            nowMs,
          );
    for (const { need } of own) this.#took(need, values.get(need.name));
    for (const watched of due) if (watched.need.from !== null) void this.#ask(watched, watched.need.from);
    this.#schedule();
    if (own.length > 0) this.#parts.onSamples();
  }

  async #ask(watched: Watched, source: ExternalSource): Promise<void> {
    if (watched.isAsking) return;
    watched.isAsking = true;
    const reading = await this.#parts.port.external(source);
    watched.isAsking = false;
    const { need } = watched;
    if (this.#watched.get(need.name) !== watched) return;
    this.#parts.onTrouble(need.name, reading.ok ? null : reading.reason);
    if (!reading.ok) return;
    this.#took(need, reading.value);
    this.#parts.onSamples();
  }

  #took({ name, everyMs }: MetricNeed, value: number | undefined): void {
    if (value === undefined) return;
    const { clock } = this.#parts;
    const freshUntilSteadyMs = clock.steadyMs() + everyMs * freshIntervals;
    this.#samples.set(name, { value, takenMs: clock.nowMs(), freshUntilSteadyMs });
  }
}

/** In step with the last one, unless the machine slept. */
function nextDueMs({ need, dueMs }: Watched, nowMs: number): number {
  const next = dueMs + need.everyMs;
  return next > nowMs ? next : nowMs + need.everyMs;
}
