/** What a layer wants to be watched: metrics it defines, thresholds that alert, what becomes of drift. Later documents win over their ancestors. */
import type { Facts, Layer } from '@guise/model';
import { durationMs, limits, metricName, renderPersona } from '@guise/model';
import type { ExternalSource } from '../host/metrics/external-metric.ts';
import type { MetricNeed } from './metric-monitor.ts';
import { type Threshold, thresholdPrefix } from './threshold-watch.ts';

export type DriftPolicy = 'enforce' | 'leave' | 'alert';

export interface Monitoring {
  readonly metrics: readonly MetricNeed[];
  readonly thresholds: readonly Threshold[];
  readonly drift: DriftPolicy;
}

type Documents = ReturnType<typeof renderPersona>['documents'];
type MonitoringFacet = NonNullable<Documents[number]['document']['monitoring']>;
type MetricEntry = NonNullable<MonitoringFacet['metrics']>[number];
type ThresholdEntry = NonNullable<MonitoringFacet['thresholds']>[number];

/** Throws: what rendering throws. */
export function monitoringOf(layer: Layer, facts: Facts): Monitoring {
  const { documents } = renderPersona(layer.persona, {
    parameters: layer.parameters,
    facts,
    instance: layer.instance,
  });
  const facets = documents.flatMap(({ document }) => document.monitoring ?? []);
  return {
    metrics: facets.flatMap(({ metrics = [] }) => metrics.map(needOf)),
    thresholds: facets
      .flatMap(({ thresholds = [] }) => thresholds)
      .map((entry, index) => thresholdOf(entry, index, layer.instance)),
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
    key: `${thresholdPrefix}${instance}:${name}:${index}`,
    instance,
    metric: name,
    comparison: above === undefined ? 'below' : 'above',
    value: above ?? below ?? 0,
    forMs: lasting === undefined ? 0 : durationMs(lasting),
    severity: alert ?? 'warning',
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
    isDefined.has(name) ? [] : [{ name, everyMs, from: null }];
  return [
    ...defined,
    ...thresholds.flatMap(({ metric }) => own(metric, limits.metricIdlePeriodMs)),
    ...[...triggered].flatMap((name) => own(name, limits.metricPeriodMs)),
  ].slice(0, limits.metricsPerHost);
}
