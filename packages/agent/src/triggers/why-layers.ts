/**
 * Why each layer that has a say at an address is active: its trigger at the instant it fired, its hold, or nothing that could end it; and
 * which signature allowed it.
 */
import type { WhyReport } from '@guise/model';
import { candidateReportOf, type Decision } from './decide-active.ts';

export function whyWithLayers(why: WhyReport, decisions: readonly Decision[]): WhyReport {
  const claims = why.fields.flatMap(({ because, losers }) => [...because, ...losers]);
  const instances = new Set(claims.map(({ instance }) => instance));
  const layers = decisions
    .filter(({ layer }) => instances.has(layer.instance))
    .map((decision) => {
      const { instance, decided_by, reason, since } = candidateReportOf(decision);
      const { assigned_by, signature } = decision.layer;
      return { instance, decided_by, reason, since, assigned_by, ...(signature === undefined ? {} : { signature }) };
    });
  return { ...why, layers };
}
