/**
 * Figures of the whole fleet for `/metrics`, the same from every process of ours. Asked of the database at most once in
 * `limits.fleetFiguresMs`, however many scrape.
 */
import { limits } from '@guise/model';
import { countActivePersonas } from '../store/adaptations.ts';
import { countActiveAlerts } from '../store/alerts.ts';
import type { Database } from '../store/database.ts';
import type { Metrics } from './metrics.ts';

export function fleetFigures(database: Database, metrics: Metrics, nowMs: () => number): () => Promise<void> {
  let atMs = Number.NEGATIVE_INFINITY;
  let asking: Promise<void> = Promise.resolve();
  const ask = async () => {
    const [alerts, personas] = await Promise.all([countActiveAlerts(database), countActivePersonas(database)]);
    metrics.replace(
      'guise_alerts_active',
      alerts.map(({ type, severity, alerts: count }) => [{ type, severity }, count]),
    );
    metrics.replace(
      'guise_hosts_with_persona_active',
      personas.map(({ persona_id, hosts }) => [{ persona: persona_id }, hosts]),
    );
  };
  return () => {
    if (nowMs() - atMs >= limits.fleetFiguresMs) {
      atMs = nowMs();
      asking = ask();
    }
    return asking;
  };
}
