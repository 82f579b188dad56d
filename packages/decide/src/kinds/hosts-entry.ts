/** One host name of `/etc/hosts`. */
import type { HostsEntryState } from '@guise/model';
import { ranks } from '../plans/ranks.ts';
import { overlay } from './complete.ts';
import type { KindRules } from './kind-rules.ts';

const absent: HostsEntryState = { ip: null };

export const hostsEntry: KindRules = {
  kind: 'hosts_entry',
  absent,
  complete: (claimed, baseline) => overlay(absent, claimed, baseline),
  carried: [],
  reversibility: () => 'exact',
  rank: () => ranks.user,
};
