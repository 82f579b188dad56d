/** The metrics that triggers look at, by canonical name. */
import { type CompiledTriggers, leavesOf } from './compiled.ts';

export function triggerMetrics({ activation, deactivation }: CompiledTriggers): readonly string[] {
  const leaves = [activation, deactivation].flatMap((tree) => (tree === null ? [] : leavesOf(tree)));
  return [...new Set(leaves.flatMap((leaf) => (leaf.type === 'threshold' ? leaf.metric : [])))].sort();
}
