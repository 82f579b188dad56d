/** Kernel modules: loaded now, and named in `/etc/modules-load.d` for the next boot. */
import type { ModuleState } from '@guise/model';
import { ranks } from '../plans/ranks.ts';
import { overlay } from './complete.ts';
import type { KindRules } from './kind-rules.ts';

const absent: ModuleState = { loaded: false, persistent: false };

export const module: KindRules = {
  kind: 'module',
  absent,
  complete: (claimed, baseline) => overlay(absent, claimed, baseline),
  carried: [],
  // The parameters that a module was loaded with are not part of its state.
  reversibility: (before, after) => (before['loaded'] && !after['loaded'] ? 'compensating' : 'exact'),
  rank: (_before, after) => (after['loaded'] ? ranks.group : ranks.unloadModule),
};
