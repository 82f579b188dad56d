/**
 * systemd units that run: whether now, and whether from boot.
 *
 * A persona may name a service only to give it a drop-in. Where such a service did not exist before, its state is null:
 * not guise's business, and any value will do. Where it says something, a service that comes into being runs from boot on,
 * unless it says otherwise.
 */
import type { Json, ServiceState, State } from '@guise/model';
import { nameOf } from '@guise/model';
import { ranks } from '../plans/ranks.ts';
import type { Claimed, KindRules } from './kind-rules.ts';

const absent: ServiceState = { state: 'stopped', enabled: 'absent', reload_on: [], restart_on: [] };
const carriers =
  /^(ssh|sshd|networking|systemd-networkd|systemd-resolved|NetworkManager|nftables|guise-agent)\.(service|socket)/;

export const service: KindRules = {
  kind: 'service',
  absent,
  complete: completeService,
  carried: ['reload_on', 'restart_on'],
  remembered: ['reload_on', 'restart_on'],
  sets: ['reload_on', 'restart_on'],
  same: (field, live, target) =>
    target[field] === null || (field === 'enabled' && alikeAtBoot(live['enabled'], target['enabled'])),
  goesAlong: (live, target) => (target['enabled'] === 'absent' && live['enabled'] !== 'absent' ? ['enabled'] : []),
  comesAlong: (live, target) => (live['enabled'] === 'absent' && target['enabled'] === 'disabled' ? ['enabled'] : []),
  reversibility: (before, after) =>
    before['state'] === 'running' && after['state'] === 'stopped' ? 'compensating' : 'exact',
  rank: serviceRank,
  cutsOff: ({ address, before }) => before['state'] === 'running' && carriesTheHost(nameOf(address)),
};

/** Whether a host may be out of reach once this unit stops or restarts badly. `name` may be a drop-in's. */
export function carriesTheHost(name: string): boolean {
  return carriers.test(name);
}

/** What nobody claims is left to whoever brings the unit, which may be a package of the same plan: null, and never `disabled`. */
function completeService(claimed: Claimed, baseline: State): State {
  const exists = (baseline['enabled'] ?? 'absent') !== 'absent' || baseline['state'] === 'running';
  const lists = { reload_on: claimed['reload_on'] ?? [], restart_on: claimed['restart_on'] ?? [] };
  const pick = (field: 'state' | 'enabled'): Json => claimed[field] ?? (exists ? (baseline[field] ?? null) : null);
  return { state: pick('state'), enabled: pick('enabled'), ...lists };
}

/** A static unit has no switch to turn, and one that has no file cannot be turned off any further. */
function alikeAtBoot(live: Json | undefined, target: Json | undefined): boolean {
  if (target === 'absent') return live === 'disabled' || live === 'static';
  if (target === 'static') return live === 'disabled';
  if (target === 'disabled') return live === 'static' || live === 'absent';
  return live === 'static' && target === 'enabled';
}

/** What stops goes while its files are still there; a unit that is yet to be installed can only be settled afterwards. */
function serviceRank(before: State, after: State): number {
  const settledLater = before['enabled'] === 'absent' && before['state'] !== 'running';
  return after['state'] === 'stopped' && !settledLater ? ranks.stop : ranks.start;
}
