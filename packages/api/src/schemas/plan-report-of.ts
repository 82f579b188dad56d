import { type Plan, shownState } from '@guise/model';
import type { PlanReport } from './plan.ts';

export function planReportOf(plan: Plan): PlanReport {
  return {
    hash: plan.hash,
    layers_before: [...plan.layersBefore],
    layers_after: [...plan.layersAfter],
    stages: plan.stages.map(({ rank, kind, changes }) => ({
      rank,
      kind,
      changes: changes.map(({ cutsOff, fields, before, after, ...change }) => ({
        ...change,
        before: shownState(before),
        after: shownState(after),
        fields: [...fields],
        cuts_off: cutsOff,
      })),
    })),
    conflicts: plan.conflicts.map((conflict) => ({ ...conflict, losers: [...conflict.losers] })),
    warnings: [...plan.warnings],
  };
}
