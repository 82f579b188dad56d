/** What hosts reported of their candidates and holds: the whole of it each time, so a report that comes twice changes nothing. */
import type { CandidateReport, Hold, HostId } from '@guise/model';
import { sql } from 'kysely';
import type { Executor } from './database.ts';
import { jsonbText } from './jsonb-text.ts';

export interface AdaptationReport {
  readonly candidates: readonly CandidateReport[];
  readonly holds: readonly Hold[];
}

export interface Adaptation extends AdaptationReport {
  readonly reported_at: string | null;
}

/** What each host had reported before; two processes that hear of one host see each other's, because the rows are locked first. */
export async function writeAdaptations(
  tx: Executor,
  reports: ReadonlyMap<string, AdaptationReport>,
): Promise<ReadonlyMap<string, readonly CandidateReport[]>> {
  if (reports.size === 0) return new Map();
  const hostIds = [...reports.keys()];
  await sql`insert into host_adaptations (host_id, candidates, holds) select host_id, '[]', '[]' from hosts
    where host_id = any(${hostIds}::text[])
      and not exists (select from host_adaptations a where a.host_id = hosts.host_id)
    order by host_id on conflict do nothing`.execute(tx);
  const known = await tx
    .selectFrom('host_adaptations')
    .select(['host_id', 'candidates'])
    .where(sql<boolean>`host_id = any(${hostIds}::text[])`)
    .orderBy('host_id')
    .forUpdate()
    .execute();
  const rows = [...reports].map(([host_id, { candidates, holds }]) => ({ host_id, candidates, holds }));
  await sql`update host_adaptations set candidates = new.candidates, holds = new.holds, reported_at = now()
    from jsonb_to_recordset(${jsonbText(rows)}::jsonb) as new(host_id text, candidates jsonb, holds jsonb)
    where host_adaptations.host_id = new.host_id`.execute(tx);
  return new Map(known.map(({ host_id, candidates }) => [host_id, candidates as readonly CandidateReport[]]));
}

/** Holds that have ended are left out, whether or not the host has said so yet. */
export async function findAdaptation(db: Executor, hostId: HostId, nowMs: number): Promise<Adaptation> {
  const row = await db.selectFrom('host_adaptations').selectAll().where('host_id', '=', hostId).executeTakeFirst();
  if (row === undefined) return { candidates: [], holds: [], reported_at: null };
  const holds = row.holds as readonly Hold[];
  return {
    candidates: row.candidates as readonly CandidateReport[],
    holds: holds.filter(({ until }) => Date.parse(until) > nowMs),
    reported_at: row.reported_at.toISOString(),
  };
}

/** Hosts on which each persona is active, however many instances of it. */
export async function countActivePersonas(
  db: Executor,
): Promise<readonly { readonly persona_id: string; readonly hosts: number }[]> {
  const { rows } = await sql<{ persona_id: string; hosts: number }>`
    select c->>'persona_id' as persona_id, count(distinct host_id)::integer as hosts
    from host_adaptations, jsonb_array_elements(candidates) as c
    where (c->>'active')::boolean group by 1 order by 1`.execute(db);
  return rows;
}
