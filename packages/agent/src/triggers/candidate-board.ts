/**
 * The candidates of a host with what is measured for them, what their triggers wish and what is decided of each.
 *
 * Reads only the metrics that something names. Costs of an evaluation grow with what changed.
 */
import { TriggerEngine, type TriggerSnapshot, triggerMetrics } from '@guise/decide';
import type { CloudEvent, Facts, Hold, Layer } from '@guise/model';
import type { KeptValues } from '../host/kept-values.ts';
import type { Logins } from '../host/logins.ts';
import type { LinkClock } from '../link/clock.ts';
import type { MakeElsewhere } from '../make-elsewhere.ts';
import type { TriggerMemory } from './adaptation-memory.ts';
import type { AlertBook } from './alert-book.ts';
import type { Candidate } from './candidates.ts';
import { type Decision, decideActive, type Wish } from './decide-active.ts';
import { layerKey } from './layer-key.ts';
import { MetricMonitor, type MetricPort, type Sample } from './metric-monitor.ts';
import { metricNeeds } from './monitoring.ts';
import { LayerReadings, type ReadyCandidate } from './ready-candidate.ts';
import { ThresholdWatch } from './threshold-watch.ts';

export interface BoardParts {
  readonly clock: LinkClock;
  readonly facts: () => Facts;
  readonly kept: KeptValues | null;
  readonly elsewhere: MakeElsewhere | null;
  readonly metrics: MetricPort;
  /** Null: unknown. */
  readonly logins: () => Logins | null;
  readonly alerts: AlertBook;
  /** There are samples that nobody has looked at. */
  readonly onSamples: () => void;
  /** Null: triggers begin anew. */
  readonly restored: TriggerMemory | null;
}

const unreadablePrefix = 'candidate:';

export class CandidateBoard {
  readonly #parts: BoardParts;
  readonly #readings: LayerReadings;
  readonly #monitor: MetricMonitor;
  readonly #thresholds: ThresholdWatch;
  readonly #triggers: TriggerEngine;
  #candidates: ReadonlyMap<string, ReadyCandidate> = new Map();
  #decisions: readonly Decision[] = [];
  #since: ReadonlyMap<string, Pick<Decision, 'active' | 'decidedBy' | 'sinceMs'>>;

  constructor(parts: BoardParts) {
    const { clock, alerts, restored } = parts;
    this.#parts = parts;
    this.#readings = new LayerReadings(parts.facts, parts.kept, parts.elsewhere);
    this.#monitor = new MetricMonitor({
      port: parts.metrics,
      clock,
      onSamples: parts.onSamples,
      onTrouble: (name, reason) => this.#metricTrouble(name, reason),
    });
    this.#thresholds = new ThresholdWatch(alerts);
    this.#triggers = new TriggerEngine({ restored: (restored?.snapshot ?? undefined) as TriggerSnapshot | undefined });
    this.#since = new Map(Object.entries(restored?.decisions ?? {}));
  }

  get candidates(): ReadonlyMap<string, ReadyCandidate> {
    return this.#candidates;
  }

  get decisions(): readonly Decision[] {
    return this.#decisions;
  }

  samples(): ReadonlyMap<string, Sample> {
    return this.#monitor.fresh();
  }

  /** Throws: what reading it throws. */
  hasTriggers(layer: Layer): Promise<boolean> {
    return this.#readings.hasTriggers(layer);
  }

  /** Whatever candidates are made of from now on; nothing changes before `set`. */
  learn(layers: Iterable<Layer>): Promise<void> {
    return this.#readings.learn(layers);
  }

  /** Exactly these from now on, of layers that were learned; `decide` comes next. */
  set(candidates: readonly Candidate[]): void {
    const ready = candidates.map((candidate) => this.#readings.ready(candidate));
    this.#candidates = new Map(ready.map((candidate) => [candidate.layer.instance, candidate] as const));
    const readable = ready.filter(({ error }) => error === null);
    this.#triggers.setCandidates(
      readable.map(({ layer, triggers }) => ({ instance: layer.instance, triggers })),
      this.#parts.clock.nowMs(),
    );
    this.#tellUnreadable();
    this.#watch();
  }

  /** Whether a trigger changed its mind. */
  evaluate(events: readonly CloudEvent[]): boolean {
    const { clock, logins } = this.#parts;
    const samples = this.#monitor.fresh();
    const switched = this.#triggers.evaluate({
      atMs: clock.nowMs(),
      samples: new Map([...samples].map(([name, { value }]) => [name, value] as const)),
      sampledMs: new Map([...samples].map(([name, { takenMs }]) => [name, takenMs] as const)),
      events,
      users: logins(),
    });
    this.#thresholds.evaluate(samples, clock.steadyMs());
    return switched.length > 0;
  }

  /** Whether anything is now decided otherwise. */
  decide(holds: readonly Hold[], active: readonly Layer[]): boolean {
    const before = this.#decisions;
    this.#decisions = decideActive({
      candidates: [...this.#candidates.values()],
      wishOf: (instance) => this.#wishOf(this.#candidates.get(instance)!),
      holds,
      before: this.#since,
      nowMs: this.#parts.clock.nowMs(),
      activeKeys: new Set(active.map(layerKey)),
    });
    this.#since = new Map(this.#decisions.map((decision) => [decision.layer.instance, decision] as const));
    const isChanged = saidOf(before) !== saidOf(this.#decisions);
    if (isChanged) this.#watch();
    return isChanged;
  }

  /** When time alone may change a trigger's mind; null when it cannot. */
  nextDueMs(): number | null {
    return this.#triggers.nextDueMs();
  }

  memory(): Pick<TriggerMemory, 'snapshot' | 'decisions'> {
    const decisions = [...this.#since].map(
      ([instance, { active, decidedBy, sinceMs }]) => [instance, { active, decidedBy, sinceMs }] as const,
    );
    return { snapshot: this.#triggers.snapshot() as never, decisions: Object.fromEntries(decisions) };
  }

  close(): void {
    this.#monitor.close();
  }

  #wishOf({ layer, triggers, error }: ReadyCandidate): Wish {
    if (error !== null) return { active: false, reason: error.message };
    return triggers === null ? 'always' : (this.#triggers.wishes().get(layer.instance) ?? null);
  }

  /** Thresholds are those of active personas; everything else is measured for every candidate. */
  #watch(): void {
    const candidates = [...this.#candidates.values()];
    const active = new Set(this.#decisions.filter((each) => each.active).map(({ layer }) => layer.instance));
    const thresholds = candidates
      .filter(({ layer }) => active.has(layer.instance))
      .flatMap(({ monitoring }) => monitoring.thresholds);
    const triggered = new Set(
      candidates.flatMap(({ triggers }) => (triggers === null ? [] : triggerMetrics(triggers))),
    );
    this.#thresholds.set(thresholds);
    this.#monitor.need(
      metricNeeds(
        candidates.map(({ monitoring }) => monitoring),
        thresholds,
        triggered,
      ),
    );
  }

  #tellUnreadable(): void {
    const { alerts } = this.#parts;
    const broken = [...this.#candidates.values()].flatMap(({ layer: { instance }, error }) =>
      error === null ? [] : [{ instance, key: unreadablePrefix + instance, message: error.message }],
    );
    alerts.clearOthers(unreadablePrefix, (key) => broken.some((each) => each.key === key));
    for (const each of broken) alerts.raise({ ...each, type: 'trigger', severity: 'warning' });
  }

  #metricTrouble(name: string, reason: string | null): void {
    const key = `metric:${name}`;
    if (reason === null) {
      this.#parts.alerts.clear(key);
      return;
    }
    const message = `The metric "${name}" cannot be read: ${reason}`;
    this.#parts.alerts.raise({ key, type: 'metric', severity: 'warning', instance: null, message });
  }
}

function saidOf(decisions: readonly Decision[]): string {
  return JSON.stringify(
    decisions.map(({ layer, active, decidedBy, reason, hold, blocked }) => [
      layerKey(layer),
      active,
      decidedBy,
      reason,
      hold?.id,
      blocked,
    ]),
  );
}
