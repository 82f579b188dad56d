/** A plan as it travels: what a host would do now, in snake_case. The engine's own `Plan` stays inside the agent. */
import { z } from 'zod';
import { address, digest } from './ids.ts';
import { layerRef, reportedChange } from './report.ts';

export const planReport = z
  .object({
    hash: digest,
    layers_before: z.array(layerRef),
    layers_after: z.array(layerRef),
    stages: z.array(
      z.object({
        rank: z.number(),
        kind: z.string(),
        changes: z.array(reportedChange.extend({ cuts_off: z.boolean() })),
      }),
    ),
    conflicts: z.array(z.object({ address, field: z.string(), winner: layerRef, losers: z.array(layerRef) })),
    warnings: z.array(z.string()),
  })
  .meta({ id: 'PlanReport' });

export type PlanReport = z.output<typeof planReport>;
