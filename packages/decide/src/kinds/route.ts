/** Routes, named by destination. New ones come before old ones go, within one stage. */
import type { RouteState } from '@guise/model';
import { ranks } from '../plans/ranks.ts';
import { overlay } from './complete.ts';
import type { KindRules } from './kind-rules.ts';

const absent: RouteState = { present: false, via: null, device: null, metric: null };

export const route: KindRules = {
  kind: 'route',
  absent,
  complete: (claimed, baseline) => {
    if (!(claimed['present'] ?? baseline['present'] ?? false)) return absent;
    // A new gateway may be behind another device, so the old one is kept only when the gateway is.
    const before = 'via' in claimed ? { ...baseline, device: null } : baseline;
    return overlay(absent, claimed, before);
  },
  carried: [],
  // The kernel finds the device of a gateway by itself.
  same: (field, live, target) =>
    field === 'device' && target['device'] === null && live['present'] === target['present'],
  reversibility: () => 'exact',
  rank: () => ranks.route,
  sortKey: (name, _before, after) => `${after['present'] ? 0 : 1}${name}`,
  cutsOff: () => true,
};
