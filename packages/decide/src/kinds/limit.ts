/** What a unit may use at most; null is no limit by guise. */
import type { LimitState } from '@guise/model';
import { ranks } from '../plans/ranks.ts';
import { overlay } from './complete.ts';
import type { KindRules } from './kind-rules.ts';

const absent: LimitState = { cpu_quota_percent: null, memory_max_bytes: null, tasks_max: null, io_weight: null };

export const limit: KindRules = {
  kind: 'limit',
  absent,
  complete: (claimed, baseline) => overlay(absent, claimed, baseline),
  carried: [],
  numbers: 'null_is_unlimited',
  reversibility: () => 'exact',
  rank: () => ranks.limit,
};
