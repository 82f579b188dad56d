/** What a host is doing, for whom, and how much of it is free, in one line. */
import type { Client } from '@guise/api';

type Host = Awaited<ReturnType<Client['getHost']>>;
type Room = Host['free'];

const parts: readonly { readonly part: keyof Room; readonly unit: string }[] = [
  { part: 'cpu_cores', unit: 'cores' },
  { part: 'memory_mb', unit: 'MiB' },
  { part: 'storage_gb', unit: 'GB' },
];

export function standingText({ state, since, pool, lease, health, drift, capacity, free }: Host): string {
  const room = parts.flatMap(({ part, unit }) =>
    capacity[part] === null ? [] : [`${rounded(free[part])} of ${rounded(capacity[part])} ${unit}`],
  );
  return [
    `${state.replace('_', ' ')} since ${since}`,
    ...(pool === null ? [] : [`pool ${pool}`]),
    ...(lease === null ? [] : [`leased to ${lease.holder} until ${lease.until}`]),
    ...(health === 'unknown' ? [] : [health]),
    ...(drift === null || drift === 0 ? [] : [`${drift} drifted`]),
    ...(room.length === 0 ? [] : [`free: ${room.join(', ')}`]),
  ].join('; ');
}

function rounded(amount: number | null): string {
  return String(Math.round((amount ?? 0) * 100) / 100);
}
