/**
 * The table `inet guise`; its only name is `inet`.
 *
 * Layers claim `allow` and `deny`, two parts of `rules`. What is denied stands first, so that nobody's allowance undoes
 * somebody's denial, whatever their order. A table that nobody asks for any more is removed.
 */
import type { FirewallState, Json, State } from '@guise/model';
import { ranks } from '../plans/ranks.ts';
import type { KindRules } from './kind-rules.ts';

const absent: FirewallState = { present: false, policy: null, rules: [] };

export const firewall: KindRules = {
  kind: 'firewall',
  absent,
  complete: (claimed, baseline) => ({
    present: claimed['present'] ?? true,
    policy: claimed['policy'] ?? baseline['policy'] ?? 'accept',
    rules: [
      ...list(claimed['deny'] ?? withVerdict(baseline, 'drop')),
      ...list(claimed['allow'] ?? withVerdict(baseline, 'accept')),
    ],
  }),
  carried: [],
  sets: ['allow', 'deny'],
  parts: {
    allow: { of: 'rules', read: (state) => withVerdict(state, 'accept') },
    deny: { of: 'rules', read: (state) => withVerdict(state, 'drop') },
  },
  reversibility: () => 'exact',
  rank: () => ranks.user,
  cutsOff: ({ after }) => after['present'] === true,
};

function withVerdict(state: State, verdict: 'accept' | 'drop'): readonly Json[] {
  return list(state['rules'] ?? []).filter((rule) => (rule as State)['verdict'] === verdict);
}

function list(value: Json): readonly Json[] {
  return Array.isArray(value) ? value : [];
}
