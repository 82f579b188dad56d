/** The metrics that triggers look at, by canonical name. */
import { leavesOfTriggers } from './candidate.ts';
import type { CompiledTriggers } from './compiled.ts';

export function triggerMetrics(triggers: CompiledTriggers): readonly string[] {
  const metrics = leavesOfTriggers(triggers).flatMap((leaf) => (leaf.type === 'threshold' ? leaf.metric : []));
  return [...new Set(metrics)].sort();
}
