/** What a host lacks on a machine that it shares, in one sentence with numbers, for whoever has to decide what to do about it. */
import type { Division } from '@guise/decide/fairness';
import type { MachineClaim } from '../app/machine-claim.ts';
import type { MachineUsage } from '../drivers/host-provider/host-provider.ts';
import type { SharingHost } from '../store/shared-machines.ts';

export interface Contender {
  readonly host: SharingHost;
  readonly claim: MachineClaim;
}

const holdersNamed = 3;

/** Null: it lacks nothing that the machine, or its limit, keeps from it. */
export function contentionMessage(
  { host }: Contender,
  contenders: readonly Contender[],
  usage: MachineUsage,
  { demands, limits, sharing }: Division,
): string | null {
  const demand = demands.get(host.name);
  const has = limits.get(host.name) ?? null;
  if (demand === undefined || has === null) return null;
  const unmet = sharing?.unmet.get(host.name) ?? 0;
  const machine = `the machine has ${cores(usage.cpuCores)}`;
  if (unmet >= smallest) {
    return `${host.hostId} is guaranteed about ${cores(has + unmet)} cores and has ${cores(has)}; ${machine}${holders(host, contenders, limits)}`;
  }
  if (host.unmetGoals.length === 0 || !demand.isHeldBack) return null;
  const needed = Math.min(has + demand.lacks, usage.cpuCores);
  const needs = needed - has >= smallest ? `about ${cores(needed)}` : `more than ${cores(has)}`;
  const free = usage.cpuCores - [...demands.values()].reduce((sum, { used }) => sum + (used[0] ?? 0), 0);
  const rest =
    sharing === null ? ` and ${cores(free)} to spare, its limit is its own` : holders(host, contenders, limits);
  return `${host.hostId} needs ${needs} cores, has ${cores(has)}; ${machine}${rest}: ${host.unmetGoals.join('; ')}`;
}

/** In cores: less is no news. */
const smallest = 0.05;

/** ` and web-2 (priority 75) holds 1.0`, the largest first. */
function holders(host: SharingHost, contenders: readonly Contender[], limits: Division['limits']): string {
  const held = contenders
    .filter((other) => other.host !== host)
    .map((other) => ({ ...other, cores: limits.get(other.host.name) ?? 0 }))
    .sort((one, other) => other.cores - one.cores || (one.host.hostId < other.host.hostId ? -1 : 1));
  const named = held
    .slice(0, holdersNamed)
    .map((other) => `${other.host.hostId} (priority ${other.claim.weight}) holds ${cores(other.cores)}`);
  const others = held.length > holdersNamed ? [`${held.length - holdersNamed} others hold the rest`] : [];
  return [...named, ...others].map((each, index) => `${index === 0 ? ' and' : ','} ${each}`).join('');
}

function cores(value: number): string {
  return Math.max(0, value).toFixed(1);
}
