/** A timer and the oneshot service it starts, both written by guise. */
import type { TimerState } from '@guise/model';
import { ranks } from '../plans/ranks.ts';
import { overlay } from './complete.ts';
import type { KindRules } from './kind-rules.ts';

const absent: TimerState = { timer_unit: null, service_unit: null, state: 'stopped', enabled: false };

export const timer: KindRules = {
  kind: 'timer',
  absent,
  complete: (claimed, baseline) => overlay(absent, claimed, baseline),
  carried: [],
  reversibility: () => 'exact',
  rank: (before, after) => (after['state'] === 'stopped' && before['timer_unit'] !== null ? ranks.stop : ranks.start),
};
