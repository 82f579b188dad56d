/** What a layer wants to be watched: metrics it defines, thresholds and goals that alert, what becomes of drift. Later documents win over their ancestors. */
import type { LocatedDocument } from '@guise/model';
import { durationMs, limits, metricName } from '@guise/model';
import type { ExternalSource } from '../host/metrics/external-metric.ts';
import type { MetricNeed } from './metric-monitor.ts';
import { type Threshold, thresholdPrefixes } from './threshold-watch.ts';

export type DriftPolicy = 'enforce' | 'leave' | 'alert';

export interface Monitoring {
  readonly metrics: readonly MetricNeed[];
  /** And goals. */
  readonly thresholds: readonly Threshold[];
  readonly drift: DriftPolicy;
}

type MonitoringFacet = NonNullable<LocatedDocument['document']['monitoring']>;
type MetricEntry = NonNullable<MonitoringFacet['metrics']>[number];
type ThresholdEntry = NonNullable<MonitoringFacet['thresholds']>[number];

/** `documents` as rendered, the persona's own last. */
export function monitoringOf(instance: string, documents: readonly LocatedDocument[]): Monitoring {
  const facets = documents.flatMap(({ document }) => document.monitoring ?? []);
  return {
    metrics: facets.flatMap(({ metrics = [] }) => metrics.map(needOf)),
    thresholds: [
      ...facets.flatMap(({ thresholds = [] }) => thresholds).map((entry, index) => thresholdOf(entry, index, instance)),
      ...goalsOf(instance, documents),
    ],
    drift: facets.findLast(({ drift }) => drift !== undefined)?.drift ?? 'alert',
  };
}

function needOf(entry: MetricEntry): MetricNeed {
  if (typeof entry === 'string') return { name: canonical(entry), everyMs: limits.metricIdlePeriodMs, from: null };
  const everyMs = entry.every === undefined ? limits.metricIdlePeriodMs : durationMs(entry.every);
  if (entry.from === undefined) return { name: canonical(entry.name), everyMs, from: null };
  return { name: entry.name, everyMs, from: sourceOf(entry.from) };
}

function sourceOf(from: NonNullable<Exclude<MetricEntry, string>['from']>): ExternalSource {
  if ('file' in from) return { type: 'file', path: from.file, pattern: from.pattern };
  return { type: 'prometheus', url: from.prometheus, metric: from.metric, labels: from.labels ?? {} };
}

function thresholdOf(
  { metric, above, below, for: lasting, alert }: ThresholdEntry,
  index: number,
  instance: string,
): Threshold {
  const name = canonical(metric);
  return {
    key: `${thresholdPrefixes.threshold}${instance}:${name}:${index}`,
    type: 'threshold',
    instance,
    metric: name,
    comparison: above === undefined ? 'below' : 'above',
    value: above ?? below ?? 0,
    forMs: lasting === undefined ? 0 : durationMs(lasting),
    severity: alert ?? 'warning',
  };
}

/** The last document that says a goal of a metric has all of it. */
function goalsOf(instance: string, documents: readonly LocatedDocument[]): readonly Threshold[] {
  const said = documents.flatMap(({ document }) => Object.entries(document.performance_metrics ?? {}));
  const goals = new Map(said.map(([metric, goal]) => [canonical(metric), goal] as const));
  return [...goals].flatMap(([metric, { at_least, at_most }]) => [
    ...(at_least === undefined ? [] : [goalOf(instance, metric, 'below', at_least)]),
    ...(at_most === undefined ? [] : [goalOf(instance, metric, 'above', at_most)]),
  ]);
}

function goalOf(instance: string, metric: string, comparison: Threshold['comparison'], value: number): Threshold {
  return {
    key: `${thresholdPrefixes.goal}${instance}:${metric}:${comparison === 'above' ? 'at_most' : 'at_least'}`,
    type: 'goal',
    instance,
    metric,
    comparison,
    value,
    forMs: limits.goalMissedMs,
    severity: 'warning',
  };
}

/** One that the persona defines has no other name. */
function canonical(name: string): string {
  return metricName(name) ?? name;
}

/**
 * What a host reads for its candidates: what triggers name every second, what only documents name as often as they say.
 *
 * A trigger on a metric that some persona defines reads it as that persona says.
 */
export function metricNeeds(
  monitored: readonly Monitoring[],
  thresholds: readonly Threshold[],
  triggered: Iterable<string>,
): readonly MetricNeed[] {
  const defined = monitored.flatMap(({ metrics }) => metrics);
  const isDefined = new Set(defined.filter(({ from }) => from !== null).map(({ name }) => name));
  const own = (name: string, everyMs: number): readonly MetricNeed[] =>
    // A goal may be about what somebody else measures.
    isDefined.has(name) || metricName(name) === null ? [] : [{ name, everyMs, from: null }];
  return [
    ...defined,
    ...thresholds.flatMap(({ metric }) => own(metric, limits.metricIdlePeriodMs)),
    ...[...triggered].flatMap((name) => own(name, limits.metricPeriodMs)),
  ].slice(0, limits.metricsPerHost);
}
