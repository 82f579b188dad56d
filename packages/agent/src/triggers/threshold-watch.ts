/**
 * Raises an alert while a metric is past a threshold of an active persona, or misses one of its goals, and clears it.
 *
 * A threshold with `for` is past once it has been so in every sample for as long. No sample is no news: it ends a wait that had
 * begun, and leaves an alert as it is. A goal's wait goes on, because a host too starved to measure is the kind that misses its goals.
 * Who leaves takes its alerts along.
 */
import type { AlertBook } from './alert-book.ts';
import type { Sample } from './metric-monitor.ts';

export interface Threshold {
  readonly key: string;
  /** A goal is what the metric is to be; it is past when it is not. */
  readonly type: 'threshold' | 'goal';
  readonly instance: string;
  readonly metric: string;
  readonly comparison: 'above' | 'below';
  readonly value: number;
  readonly forMs: number;
  readonly severity: string;
}

export const thresholdPrefixes = { threshold: 'threshold:', goal: 'goal:' } as const;

export class ThresholdWatch {
  readonly #alerts: AlertBook;
  readonly #pastSinceMs = new Map<string, number>();
  #thresholds: readonly Threshold[] = [];

  constructor(alerts: AlertBook) {
    this.#alerts = alerts;
  }

  /** Exactly these from now on. */
  set(thresholds: readonly Threshold[]): void {
    const keys = new Set(thresholds.map(({ key }) => key));
    this.#thresholds = thresholds;
    for (const key of this.#pastSinceMs.keys()) if (!keys.has(key)) this.#pastSinceMs.delete(key);
    for (const prefix of Object.values(thresholdPrefixes)) this.#alerts.clearOthers(prefix, (key) => keys.has(key));
  }

  /** `steadyMs` is of a clock that never jumps. */
  evaluate(samples: ReadonlyMap<string, Sample>, steadyMs: number): void {
    for (const threshold of this.#thresholds) {
      const sample = samples.get(threshold.metric);
      if (sample !== undefined) this.#compare(threshold, sample.value, steadyMs);
      else if (threshold.type === 'threshold') this.#pastSinceMs.delete(threshold.key);
    }
  }

  #compare(threshold: Threshold, sample: number, steadyMs: number): void {
    const { key, type, comparison, value, forMs, instance, severity } = threshold;
    const isPast = comparison === 'above' ? sample > value : sample < value;
    if (!isPast) {
      this.#pastSinceMs.delete(key);
      this.#alerts.clear(key);
      return;
    }
    const sinceMs = this.#pastSinceMs.get(key) ?? steadyMs;
    this.#pastSinceMs.set(key, sinceMs);
    if (steadyMs - sinceMs < forMs || this.#alerts.has(key)) return;
    this.#alerts.raise({ key, type, severity, instance, message: messageOf(threshold, Number(sample.toPrecision(4))) });
  }
}

function messageOf({ type, metric, comparison, value, forMs }: Threshold, sample: number): string {
  const lasting = forMs === 0 ? '' : ` for ${forMs / 1000} s`;
  if (type === 'threshold') return `${metric} is ${comparison} ${value}${lasting}: ${sample}`;
  return `${metric} misses its goal${lasting}: it is ${sample}, and is to be at ${comparison === 'above' ? 'most' : 'least'} ${value}`;
}
