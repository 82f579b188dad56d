/**
 * Leases: whose a host is, from when until when. What is now, the database's clock says.
 *
 * Invariants: two leases of one host never overlap, because the table refuses it; a host's fence counts up when a lease begins, and the
 * lease keeps it; one that has begun holds the host until it is ended, also past its time.
 * Throws: `lease_conflict`, which names who has the host, and until when.
 */
import type { HostId } from '@guise/model';
import { GuiseError } from '@guise/model';
import { sql } from 'kysely';
import type { Executor } from './database.ts';
import type { FleetState } from './fleet.ts';

export interface Lease {
  readonly leaseId: string;
  readonly hostId: HostId;
  readonly holder: string;
  readonly from: Date;
  /** Exclusive. */
  readonly until: Date;
  /** Null before it began. */
  readonly fence: bigint | null;
  readonly endedAt: Date | null;
}

export interface LeaseTerms {
  readonly hostId: HostId;
  readonly holder: string;
  /** Null is now. */
  readonly from: Date | null;
  readonly durationMs: number;
}

interface LeaseRow {
  readonly lease_id: string;
  readonly host_id: string;
  readonly holder: string;
  readonly starts: Date;
  readonly ends: Date;
  readonly fence: string | null;
  readonly ended_at: Date | null;
}

const columns = sql`lease_id, host_id, holder, lower(during) as starts, upper(during) as ends, fence, ended_at`;

const tooLate = 'somebody else has just taken it';

/** Source: PostgreSQL, Appendix A, "exclusion_violation". */
const exclusionViolation = '23P01';

/** Now or ahead; null when somebody has the host for a part of that time. */
export async function tryLease(tx: Executor, { hostId, holder, from, durationMs }: LeaseTerms): Promise<Lease | null> {
  const { rows } = await sql<LeaseRow>`
    insert into leases (host_id, holder, during) select ${hostId}, ${holder}, tstzrange(t.starts, t.starts + ${msInterval(durationMs)})
      from ${startOf(from)} t
    on conflict do nothing returning ${columns}`.execute(tx);
  return rows[0] === undefined ? null : leaseOf(rows[0]);
}

/** The same for a named host, with who has it instead. */
export async function takeLease(tx: Executor, terms: LeaseTerms): Promise<Lease> {
  const lease = await tryLease(tx, terms);
  if (lease !== null) return lease;
  throw (
    (await leaseConflict(tx, terms)) ?? new GuiseError('lease_conflict', `Cannot lease "${terms.hostId}": ${tooLate}`)
  );
}

/** Who is in the way: has the host for a part of that time, or had it and has not given it back. Null for nobody. */
export async function leaseConflict(
  tx: Executor,
  { hostId, from, durationMs }: Omit<LeaseTerms, 'holder'>,
): Promise<GuiseError | null> {
  const { rows } = await sql<LeaseRow>`
    select ${columns} from leases, ${startOf(from)} t
    where host_id = ${hostId} and ended_at is null
      and (during && tstzrange(t.starts, t.starts + ${msInterval(durationMs)}) or (fence is not null and lower(during) <= t.starts))
    order by lower(during) limit 1`.execute(tx);
  if (rows[0] === undefined) return null;
  const when = from === null ? 'now' : `from ${from.toISOString()}`;
  return new GuiseError('lease_conflict', `Cannot lease "${hostId}" ${when}: ${havingIt(rows[0])}`);
}

/**
 * Gives the host to the holder, when it is anybody's to have: counts its fence up and takes it out of what it did. One that has begun
 * stays begun. Null when the host is not free, or the time of the lease is not now.
 */
export async function beginLease(
  tx: Executor,
  leaseId: string,
): Promise<{ readonly fence: bigint; readonly stateBefore: FleetState | null } | null> {
  const lease = await lockLease(tx, leaseId);
  if (lease === null || lease.endedAt !== null) return null;
  if (lease.fence !== null) return { fence: lease.fence, stateBefore: null };
  const { rows } = await sql<{ fence: string; state: FleetState }>`
    with before as (
      select f.host_id, f.state from fleet f join leases l using (host_id)
      where l.lease_id = ${leaseId} and l.during @> now() and f.state in ('production', 'idle') for update of f
    )
    update fleet set fence = fence + 1, state = 'draining', since = now(), reason = null
    from before where fleet.host_id = before.host_id returning fleet.fence, before.state`.execute(tx);
  const [begun] = rows;
  if (begun === undefined) return null;
  await tx.updateTable('leases').set({ fence: begun.fence }).where('lease_id', '=', leaseId).execute();
  return { fence: BigInt(begun.fence), stateBefore: begun.state };
}

/** Up to the next booking, which is told when it is in the way. Null when the lease is over. */
export async function extendLease(tx: Executor, leaseId: string, byMs: number): Promise<Lease | null> {
  const lease = await lockLease(tx, leaseId);
  if (lease === null) return null;
  await sql`savepoint extending`.execute(tx);
  try {
    const { rows } = await sql<LeaseRow>`
      update leases set during = tstzrange(lower(during), upper(during) + ${msInterval(byMs)})
      where lease_id = ${leaseId} and ended_at is null and upper(during) > now() returning ${columns}`.execute(tx);
    return rows[0] === undefined ? null : leaseOf(rows[0]);
  } catch (error) {
    if (!isExclusion(error)) throw error;
    await sql`rollback to savepoint extending`.execute(tx);
    throw await extensionConflict(tx, lease, byMs);
  }
}

/** The database's. */
export async function clockOf(db: Executor): Promise<Date> {
  const { rows } = await sql<{ now: Date }>`select now() as now`.execute(db);
  return rows[0]?.now ?? new Date(Number.NaN);
}

/** Whoever waits for the host may have it from now on. */
export async function endLease(tx: Executor, leaseId: string): Promise<void> {
  await tx
    .updateTable('leases')
    .set({ ended_at: sql<Date>`now()` })
    .where('lease_id', '=', leaseId)
    .where('ended_at', 'is', null)
    .execute();
}

/** Of a host that is to be forgotten. Who has it, or has booked it, is in the way. */
export async function dropEndedLeases(tx: Executor, hostId: HostId): Promise<GuiseError | null> {
  await tx.deleteFrom('leases').where('host_id', '=', hostId).where('ended_at', 'is not', null).execute();
  const { rows } = await sql<LeaseRow>`
    select ${columns} from leases where host_id = ${hostId} order by lower(during) limit 1`.execute(tx);
  if (rows[0] === undefined) return null;
  return new GuiseError('lease_conflict', `Cannot forget "${hostId}": ${havingIt(rows[0])}`);
}

export async function findLease(db: Executor, leaseId: string): Promise<Lease | null> {
  const { rows } = await sql<LeaseRow>`select ${columns} from leases where lease_id = ${leaseId}`.execute(db);
  return rows[0] === undefined ? null : leaseOf(rows[0]);
}

async function lockLease(tx: Executor, leaseId: string): Promise<Lease | null> {
  const { rows } = await sql<LeaseRow>`select ${columns} from leases where lease_id = ${leaseId} for update`.execute(
    tx,
  );
  return rows[0] === undefined ? null : leaseOf(rows[0]);
}

async function extensionConflict(tx: Executor, { leaseId, hostId, until }: Lease, byMs: number): Promise<GuiseError> {
  const { rows } = await sql<LeaseRow>`
    select ${columns} from leases where host_id = ${hostId} and lease_id <> ${leaseId} and ended_at is null
      and lower(during) >= ${until} order by lower(during) limit 1`.execute(tx);
  const wanted = new Date(until.getTime() + byMs).toISOString();
  return new GuiseError(
    'lease_conflict',
    `Cannot extend the lease of "${hostId}" until ${wanted}: ${havingIt(rows[0])}`,
  );
}

function havingIt(row: LeaseRow | undefined): string {
  if (row === undefined) return tooLate;
  const { holder, starts, ends } = row;
  return `"${holder}" has it from ${starts.toISOString()} until ${ends.toISOString()}`;
}

function isExclusion(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === exclusionViolation;
}

/** In whole milliseconds, so that what is told of it is what it is. */
function startOf(from: Date | null) {
  return sql`(select coalesce(${from}::timestamptz, date_trunc('milliseconds', now())) as starts)`;
}

function msInterval(ms: number) {
  return sql`${ms} * interval '1 millisecond'`;
}

function leaseOf(row: LeaseRow): Lease {
  return {
    leaseId: row.lease_id,
    hostId: row.host_id as HostId,
    holder: row.holder,
    from: row.starts,
    until: row.ends,
    fence: row.fence === null ? null : BigInt(row.fence),
    endedAt: row.ended_at,
  };
}
