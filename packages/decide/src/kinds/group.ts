/** Unix groups. */
import type { GroupState } from '@guise/model';
import { ranks } from '../plans/ranks.ts';
import type { KindRules } from './kind-rules.ts';

const absent: GroupState = { present: false, gid: null, torn: false, record: null };

export const group: KindRules = {
  kind: 'group',
  absent,
  complete: (claimed, baseline) => {
    if (!(claimed['present'] ?? baseline['present'] ?? false)) return absent;
    const gid = claimed['gid'] ?? baseline['gid'] ?? null;
    return { present: true, gid, torn: false, record: null, system: claimed['system'] ?? baseline['system'] ?? false };
  },
  carried: ['system', 'record'],
  remembered: ['system'],
  // A group that is to come into being without a number takes whichever is free.
  same: (field, live, target) => field === 'gid' && target['gid'] === null && live['present'] === target['present'],
  // Files keep the old number when a group changes its own.
  reversibility: (before, after) => (before['present'] && after['present'] ? 'compensating' : 'exact'),
  rank: (_before, after) => (after['present'] ? ranks.group : ranks.removeGroup),
};
