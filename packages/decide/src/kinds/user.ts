/**
 * Accounts. Ordinary ones come with a home and a shell, system ones with neither, as useradd(8) has it.
 *
 * `system` is carried: it decides how an account is made, and nothing on a host tells of it afterwards.
 */
import type { Json, State, UserState } from '@guise/model';
import { ranks } from '../plans/ranks.ts';
import type { Claimed, KindRules } from './kind-rules.ts';

const absent: UserState = {
  present: false,
  uid: null,
  group: null,
  groups: [],
  home: null,
  shell: null,
  comment: null,
  password: null,
  home_present: false,
  torn: false,
  record: null,
};

export const user: KindRules = {
  kind: 'user',
  absent,
  complete: completeUser,
  carried: ['system', 'record'],
  remembered: ['system'],
  sets: ['groups'],
  same: (field, live, target) =>
    (field === 'uid' || field === 'home_present') && target[field] === null && live['present'] === target['present'],
  // Files keep the old number when a user changes its own. A home is removed only while it still is a copy of the skeleton.
  reversibility: (before, after) =>
    before['present'] && after['present'] && before['uid'] !== after['uid'] ? 'compensating' : 'exact',
  rank: (_before, after) => (after['present'] ? ranks.user : ranks.removeUser),
};

function completeUser(claimed: Claimed, baseline: State, name: string): State {
  if (!(claimed['present'] ?? baseline['present'] ?? false)) return absent;
  const before = baseline['present'] === true ? baseline : {};
  const pick = (field: string, fallback: Json): Json => claimed[field] ?? before[field] ?? fallback;
  const system = pick('system', false);
  const home = pick('home', system ? '/nonexistent' : `/home/${name}`);
  return {
    present: true,
    uid: pick('uid', null),
    group: pick('group', name),
    groups: pick('groups', []),
    home,
    shell: pick('shell', system ? '/usr/sbin/nologin' : '/bin/bash'),
    comment: pick('comment', ''),
    password: pick('password', '!'),
    home_present: pick('home_present', home !== '/nonexistent' && !system ? true : null),
    torn: false,
    record: null,
    system,
  };
}
