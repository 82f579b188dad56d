/**
 * What is desired of hosts, for many hosts at a time.
 *
 * The rows are locked before the assignments are read, so of two processes that settle the same host the later one has seen
 * everything that the earlier one saw, and a generation never goes back to older content.
 */
import type { SwitchOutcome } from '@guise/api';
import type { Digest, HostId, LayerRef, PersonaId } from '@guise/model';
import { sql } from 'kysely';
import { hasBorrowed } from './checkouts.ts';
import type { Executor } from './database.ts';
import { jsonbText } from './jsonb-text.ts';

export interface DesiredRow {
  readonly hostId: HostId;
  readonly generation: number;
  readonly digest: Digest | null;
  readonly refused: string | null;
  readonly suspendedDigest: Digest | null;
  readonly suspendedAt: Date | null;
  readonly appliedGeneration: number | null;
  readonly outcome: SwitchOutcome | null;
  /** The secrets that this generation was made with; see app/needed-secrets.ts. */
  readonly secretVersions: string | null;
}

export interface Candidate {
  readonly host_id: HostId;
  /** `checkout`: while somebody has the host, what he asked for is all that it is to have. */
  readonly target_type: 'host' | 'tag' | 'group' | 'persona_group' | 'checkout';
  readonly target: string;
  readonly instance: string;
  readonly persona_id: PersonaId;
  readonly version: number;
  readonly digest: string;
  /** The newest version of the persona, whichever is current. */
  readonly newest: number;
  readonly is_signed: boolean;
  /** The permission to go back to this version that the host is to be sent; null when there is none in force. */
  readonly rollback: string | null;
  /** The assignment's, or else the persona's own. */
  readonly priority: number;
  readonly parameters: Record<string, string | number | boolean>;
  readonly assigned_by: string;
  /** Names that the persona has. */
  readonly secrets: readonly string[];
}

export async function lockDesired(tx: Executor, hostIds: readonly string[]): Promise<readonly DesiredRow[]> {
  await sql`insert into desired (host_id) select host_id from hosts where host_id = any(${hostIds}::text[])
    and not exists (select from desired d where d.host_id = hosts.host_id) order by host_id on conflict do nothing`.execute(
    tx,
  );
  const rows = await tx
    .selectFrom('desired')
    .selectAll()
    .where(sql<boolean>`host_id = any(${hostIds}::text[])`)
    .orderBy('host_id')
    .forUpdate()
    .execute();
  return rows.map((row) => ({
    hostId: row.host_id as HostId,
    generation: row.generation,
    digest: row.digest as Digest | null,
    refused: row.refused,
    suspendedDigest: row.suspended_digest as Digest | null,
    suspendedAt: row.suspended_at,
    appliedGeneration: row.applied_generation,
    outcome: row.outcome as SwitchOutcome | null,
    secretVersions: row.secret_versions,
  }));
}

/**
 * Every assignment that reaches each of the hosts, whichever way, and the personas of the group that its tag `persona_group` names.
 * Of a host that somebody has borrowed, what he wants it to be, and nothing else.
 */
export async function readCandidates(db: Executor, hostIds: readonly string[]): Promise<readonly Candidate[]> {
  const { rows } = await sql<Candidate>`
    with borrowed as (
      select c.* from checkouts c where c.host_id = any(${hostIds}::text[]) and ${hasBorrowed}
    ), own as (
      select h.host_id, h.tags from hosts h
        where h.host_id = any(${hostIds}::text[]) and not exists (select from borrowed b where b.host_id = h.host_id)
    ), assigned as (
      select h.host_id, a.* from own h
        join assignments a on a.target_type = 'host' and a.target = h.host_id
      union all
      select m.host_id, a.* from own h join host_group_members m using (host_id)
        join assignments a on a.target_type = 'group' and a.target = m.group_name
      union all
      select h.host_id, a.* from own h
        cross join lateral jsonb_each_text(h.tags) as t(key, value)
        join assignments a on a.target_type = 'tag' and a.target = t.key || '=' || t.value
    ), reached as (
      select host_id, target_type, target, instance, persona_id, version, priority, parameters, assigned_by from assigned
      union all
      select h.host_id, 'persona_group', g.group_name, g.persona_id, g.persona_id, null, null, '{}'::jsonb, g.added_by
        from own h join persona_group_personas g on g.group_name = h.tags->>'persona_group'
      union all
      select b.host_id, 'checkout', b.checkout_id::text, b.persona_id, b.persona_id, b.version, null, b.parameters, b.holder
        from borrowed b where b.persona_id is not null
    )
    ${candidatesReached}`.execute(db);
  return rows;
}

/** What a host once had, as it would have it again: the versions that are still known here. */
export async function readFormerCandidates(
  db: Executor,
  hostId: HostId,
  layers: readonly LayerRef[],
): Promise<readonly Candidate[]> {
  const { rows } = await sql<Candidate>`
    with reached as (
      select ${hostId}::text as host_id, 'host' as target_type, ${hostId}::text as target, l.instance, l.persona_id, l.version,
        null::integer as priority, '{}'::jsonb as parameters, 'rollback' as assigned_by
      from jsonb_to_recordset(${jsonbText(layers)}::jsonb) as l(instance text, persona_id text, version integer)
      where l.version is not null
    )
    ${candidatesReached}`.execute(db);
  return rows;
}

const candidatesReached = sql`
    select r.host_id, r.target_type, r.target, r.instance, r.persona_id, v.version, v.digest, p.last_version as newest,
      e.version is not null as is_signed, s.id as rollback,
      coalesce(r.priority, v.priority) as priority, r.parameters, r.assigned_by, v.secrets
    from reached r
      join personas p on p.persona_id = r.persona_id
      join persona_versions v on v.persona_id = r.persona_id and v.version = coalesce(r.version, p.current_version)
      left join version_envelopes e on e.persona_id = v.persona_id and e.version = v.version
      left join rollback_targets t on v.version < p.last_version
        and t.persona_id = v.persona_id and t.to_version = v.version and t.host_id = r.host_id
      left join rollback_statements s on s.id = t.statement_id and s.expires_at > now()`;

export async function writeDesired(tx: Executor, rows: readonly DesiredRow[]): Promise<void> {
  if (rows.length === 0) return;
  await sql`update desired set generation = new.generation, digest = new.digest, refused = new.refused,
      suspended_digest = new.suspended_digest, suspended_at = new.suspended_at, secret_versions = new.secret_versions
    from jsonb_to_recordset(${jsonbText(
      rows.map((row) => ({
        host_id: row.hostId,
        generation: row.generation,
        digest: row.digest,
        refused: row.refused,
        suspended_digest: row.suspendedDigest,
        suspended_at: row.suspendedAt,
        secret_versions: row.secretVersions,
      })),
    )}::jsonb) as new(host_id text, generation integer, digest text, refused text, suspended_digest text, suspended_at timestamptz,
      secret_versions text)
    where desired.host_id = new.host_id`.execute(tx);
}
