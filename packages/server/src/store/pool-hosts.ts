/** The hosts of a pool, as far as something is to be placed on them. */
import type { Room } from '@guise/decide/placement';
import type { HostId } from '@guise/model';
import { sql } from 'kysely';
import { over, takesRoom } from './activations.ts';
import type { Executor } from './database.ts';
import type { FleetState } from './fleet.ts';
import { isConnected } from './presence.ts';

export interface PoolHost {
  readonly host_id: HostId;
  readonly tags: Record<string, string>;
  readonly facts: Record<string, string | number>;
  readonly state: FleetState;
  readonly connected: boolean;
  /** It has become what was last desired of it. */
  readonly settled: boolean;
  readonly needs: readonly Room[];
  /** Every activation on it may have others beside it. */
  readonly shared: boolean;
  /** Something comes or goes there just now. */
  readonly busy: boolean;
  readonly warm_for: string | null;
  /** Names that are taken by what it is assigned itself; a spare's is not. */
  readonly instances: readonly string[];
}

/** The hosts of a pool by id, as far as they are to be placed on; one of them when it is named. */
export async function poolHosts(
  db: Executor,
  poolId: string,
  hostId: HostId | null = null,
): Promise<readonly PoolHost[]> {
  const { rows } = await sql<PoolHost>`
    select hosts.host_id, hosts.tags, hosts.facts, f.state, ${isConnected} as connected,
      coalesce(coalesce(d.generation, 0) = 0 or (d.outcome->>'generation')::integer = d.generation
        and d.outcome->>'result' in ('unchanged', 'committed'), false) as settled,
      coalesce(a.needs, '[]') as needs, coalesce(a.shared, true) as shared, coalesce(a.busy, false) as busy, a.warm_for,
      array(select instance from assignments s where s.target_type = 'host' and s.target = hosts.host_id and not exists (
        select from activations w where w.host_id = hosts.host_id and w.instance = s.instance and w.state = 'warm')) as instances
    from fleet f join hosts using (host_id) left join desired d using (host_id)
    left join lateral (
      select jsonb_agg(need) filter (where state in (${sql.join(takesRoom)})) as needs,
        bool_and(share) filter (where state <> 'warm') as shared,
        bool_or(state in ('activating', 'returning', 'deactivating')) as busy,
        max(persona_id) filter (where state = 'warm') as warm_for
      from activations v where v.host_id = hosts.host_id and v.state not in (${sql.join(over)})
    ) a on true
    where f.pool_id = ${poolId} ${hostId === null ? sql`` : sql`and f.host_id = ${hostId}`}
    order by hosts.host_id`.execute(db);
  return rows;
}
