/** What can be wrong with a persona's own metrics and thresholds beyond their shapes. */
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
  }
}
