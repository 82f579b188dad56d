/** How a host stands: what it is doing, for whom, as what, and how much of it is free. Part of the query that reads hosts. */
import type { Room } from '@guise/decide/placement';
import { sumOf } from '@guise/decide/placement';
import { sql } from 'kysely';
import { takesRoom } from './activations.ts';
import type { FleetState } from './fleet.ts';

export interface HostStanding {
  readonly pool: string | null;
  readonly state: FleetState;
  readonly since: string;
  readonly reason: string | null;
  readonly provider: string;
  readonly machine: string | null;
  readonly lease: { readonly holder: string; readonly until: string } | null;
  readonly personas: readonly {
    readonly instance: string;
    readonly persona_id: string;
    readonly version: number | null;
  }[];
  readonly drift: number | null;
  readonly health: 'healthy' | 'failing' | 'unknown';
  readonly capacity: Parts;
  readonly free: Parts;
}

interface Parts {
  readonly cpu_cores: number | null;
  readonly memory_mb: number | null;
  readonly storage_gb: number | null;
}

/** What the query gives; times as PostgreSQL writes them in JSON. */
export type StandingRow = Omit<HostStanding, 'capacity' | 'free'> & { readonly needs: readonly Room[] };

/** A person is needed; what a threshold says by itself depends on its severity. */
const needsPerson = sql`(severity = 'page' or type in ('identity', 'signature', 'audit'))`;

/** Of the row of `hosts` around it. */
export const standing = sql<StandingRow>`(
  select jsonb_build_object(
    'pool', f.pool_id, 'state', f.state, 'since', f.since, 'reason', f.reason, 'provider', f.provider, 'machine', f.machine,
    'lease', (
      select jsonb_build_object('holder', holder, 'until', upper(during)) from leases l
      where l.host_id = f.host_id and ended_at is null and lower(during) <= now() order by lower(during) desc limit 1),
    'personas', coalesce((
      select jsonb_agg(jsonb_build_object('instance', c->'instance', 'persona_id', c->'persona_id', 'version', c->'version') order by c->>'instance')
      from host_adaptations a, jsonb_array_elements(a.candidates) as c where a.host_id = f.host_id and (c->>'active')::boolean), '[]'),
    'drift', case when exists (select from host_states s where s.host_id = f.host_id) then (
      select count(*) from alerts where alerts.host_id = f.host_id and cleared_at is null and type = 'drift') end,
    'health', case
      when exists (select from desired d where d.host_id = f.host_id and d.outcome->>'result' in ('rolled_back', 'stuck', 'failed'))
        or exists (select from alerts where alerts.host_id = f.host_id and cleared_at is null and ${needsPerson}) then 'failing'
      when exists (select from host_states s where s.host_id = f.host_id) then 'healthy'
      else 'unknown' end,
    'needs', coalesce((
      select jsonb_agg(need) from activations v where v.host_id = f.host_id and v.state in (${sql.join(takesRoom)})), '[]'))
  from fleet f where f.host_id = hosts.host_id)`;

export function standingOf(
  { needs, since, lease, ...row }: StandingRow,
  facts: Readonly<Record<string, string | number>>,
): HostStanding {
  const capacity = capacityOf(facts);
  const taken = sumOf(needs);
  return {
    ...row,
    since: isoOf(since),
    lease: lease === null ? null : { ...lease, until: isoOf(lease.until) },
    capacity,
    free: {
      cpu_cores: left(capacity.cpu_cores, taken.milliCores, 1000),
      memory_mb: left(capacity.memory_mb, taken.memoryMb, 1),
      storage_gb: left(capacity.storage_gb, taken.storageMb, 1000),
    },
  };
}

function capacityOf(facts: Readonly<Record<string, string | number>>): Parts {
  const number = (name: string) => (typeof facts[name] === 'number' ? facts[name] : null);
  return { cpu_cores: number('cpu_cores'), memory_mb: number('memory_mb'), storage_gb: number('storage_gb') };
}

function left(has: number | null, taken: number, factor: number): number | null {
  return has === null ? null : (has * factor - taken) / factor;
}

function isoOf(time: string): string {
  return new Date(time).toISOString();
}
