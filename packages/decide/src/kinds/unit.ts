/** Unit files and drop-ins below `/etc/systemd/system`. Coming and going share a rank, so that one reload serves both. */
import type { UnitState } from '@guise/model';
import { nameOf } from '@guise/model';
import { ranks } from '../plans/ranks.ts';
import { overlay } from './complete.ts';
import type { KindRules } from './kind-rules.ts';
import { carriesTheHost } from './service.ts';

const absent: UnitState = { digest: null };

export const unit: KindRules = {
  kind: 'unit',
  absent,
  complete: (claimed, baseline) => overlay(absent, claimed, baseline),
  carried: [],
  reversibility: () => 'exact',
  rank: () => ranks.user,
  cutsOff: ({ address }) => carriesTheHost(nameOf(address)),
};
