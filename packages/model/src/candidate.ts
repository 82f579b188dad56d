/**
 * A layer that a host may have active, and why it is or is not: assigned to it, in a group that its tag names, or applied by hand.
 *
 * A candidate without triggers is always active. A hold outranks everything else.
 */
import type { LayerRef } from './plan.ts';

export interface CandidateReport extends LayerRef {
  readonly active: boolean;
  /** What decided: no triggers at all, its triggers, or a hold. */
  readonly decided_by: 'always' | 'triggers' | 'hold';
  /** One sentence: `cpu_utilization was above 0.8 for 30s: 0.93 at 2026-11-25T10:00:30Z`. */
  readonly reason: string;
  /** ISO 8601: since when it has been so. */
  readonly since: string;
}
