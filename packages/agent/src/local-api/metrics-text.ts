/** The agent's own figures as Prometheus text. Source: https://prometheus.io/docs/instrumenting/exposition_formats/. */
import type { Engine } from '../engine/engine.ts';

export function metricsText(engine: Engine): string {
  const history = engine.history();
  const byStatus = new Map<string, number>();
  for (const { status } of history) byStatus.set(status, (byStatus.get(status) ?? 0) + 1);
  const { rss } = process.memoryUsage();
  return [
    '# HELP guise_active_personas Personas active on this host.',
    '# TYPE guise_active_personas gauge',
    `guise_active_personas ${engine.active().length}`,
    '# HELP guise_transactions Transactions in the journal by how they ended.',
    '# TYPE guise_transactions gauge',
    ...[...byStatus.keys()].sort().map((status) => `guise_transactions{status="${status}"} ${byStatus.get(status)}`),
    '# HELP process_resident_memory_bytes Resident memory of the agent.',
    '# TYPE process_resident_memory_bytes gauge',
    `process_resident_memory_bytes ${rss}`,
    '',
  ].join('\n');
}
