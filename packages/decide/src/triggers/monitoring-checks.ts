/** What can be wrong with a persona's own metrics, thresholds and goals beyond their shapes. */
import { isTemplate, type LocatedDocument, metricName } from '@guise/model';
import type { DocumentChecks } from './document-checks.ts';

export function checkMonitoring(documents: readonly LocatedDocument[], checks: DocumentChecks): void {
  for (const located of documents) {
    const { metrics = [], thresholds = [] } = located.document.monitoring ?? {};
    for (const [index, metric] of metrics.entries()) {
      const path = `monitoring.metrics.${index}`;
      if (typeof metric === 'string') {
        if (!isTemplate(metric)) checks.metric(located, path, metric);
      } else if (metric.from === undefined) {
        if (!isTemplate(metric.name)) checks.metric(located, `${path}.name`, metric.name);
      } else if (metricName(metric.name) !== null) {
        checks.report(located, `${path}.name`, 'must not be the name of a metric that hosts have', metric.name);
      }
    }
    for (const [index, threshold] of thresholds.entries()) {
      const isPending = Object.values(threshold).some((value) => typeof value === 'string' && isTemplate(value));
      if (!isPending) checks.threshold(located, `monitoring.thresholds.${index}`, threshold);
    }
    for (const [metric, goal] of Object.entries(located.document.performance_metrics ?? {})) {
      const isPending = [metric, ...Object.values(goal)].some(
        (value) => typeof value === 'string' && isTemplate(value),
      );
      if (!isPending) checkGoal(located, metric, goal, checks);
    }
  }
}

type Goal = NonNullable<LocatedDocument['document']['performance_metrics']>[string];

function checkGoal(located: LocatedDocument, metric: string, goal: Goal, checks: DocumentChecks): void {
  const path = `performance_metrics.${metric}`;
  const name = checks.goalMetric(located, path, metric);
  if (name === null) return;
  const { at_least, at_most } = goal;
  if (at_least === undefined && at_most === undefined) {
    checks.report(located, path, 'must have "at_least" or "at_most"', goal);
  }
  if (at_least !== undefined) checks.bound(located, `${path}.at_least`, name, at_least);
  if (at_most !== undefined) checks.bound(located, `${path}.at_most`, name, at_most);
  if (at_least !== undefined && at_most !== undefined && at_least > at_most) {
    checks.report(located, `${path}.at_least`, `must be at most what "at_most" says, ${at_most}`, at_least);
  }
}
