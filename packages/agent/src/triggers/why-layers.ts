/** Why each layer that has a say at an address is active: its trigger at the instant it fired, its hold, or nothing that could end it. */
import type { WhyReport } from '@guise/model';
import { candidateReportOf, type Decision } from './decide-active.ts';

export function whyWithLayers(why: WhyReport, decisions: readonly Decision[]): WhyReport {
  const claims = why.fields.flatMap(({ because, losers }) => [...because, ...losers]);
  const instances = new Set(claims.map(({ instance }) => instance));
  const layers = decisions
    .filter(({ layer }) => instances.has(layer.instance))
    .map((decision) => {
      const { instance, decided_by, reason, since } = candidateReportOf(decision);
      return { instance, decided_by, reason, since, assigned_by: decision.layer.assigned_by };
    });
  return { ...why, layers };
}
