/** Machines that several hosts of the fleet share, what is active on each host, and what was taken from whom. */
import type { CandidateReport, HostId, LayerRef } from '@guise/model';
import { sql } from 'kysely';
import type { Allocation } from '../drivers/host-provider/host-provider.ts';
import type { Executor } from './database.ts';
import { jsonbText } from './jsonb-text.ts';

export interface SharingHost {
  readonly hostId: HostId;
  /** What its provider calls it. */
  readonly name: string;
  readonly fence: bigint;
  /** Active, as the host last reported. */
  readonly layers: readonly LayerRef[];
  /** Messages of its alerts about goals that are not met. */
  readonly unmetGoals: readonly string[];
  readonly taken: Taken | null;
}

export interface Taken {
  readonly own: Allocation;
  readonly asked: Allocation;
  readonly askedBefore: Allocation;
}

export interface SharedMachine {
  readonly machine: string;
  readonly provider: string;
  readonly hosts: readonly SharingHost[];
}

interface Row {
  readonly machine: string;
  readonly provider: string;
  readonly host_id: string;
  readonly name: string;
  readonly fence: string;
  readonly candidates: readonly CandidateReport[] | null;
  readonly goals: readonly string[];
  readonly own: Allocation | null;
  readonly asked: Allocation;
  readonly asked_before: Allocation;
}

/** Those of which something was taken or that lacked something, too, when they share their machine with nobody any more. */
export async function readSharedMachines(
  db: Executor,
  providers: readonly string[],
): Promise<readonly SharedMachine[]> {
  const { rows } = await sql<Row>`
    select f.machine, f.provider, f.host_id, coalesce(f.provider_host, f.host_id) as name, f.fence, a.candidates,
      array(select message from alerts g where g.host_id = f.host_id and g.type = 'goal' and g.cleared_at is null order by key) as goals,
      r.own, r.asked, r.asked_before
    from fleet f left join host_adaptations a using (host_id) left join rebalanced_hosts r using (host_id)
    where f.machine is not null and f.provider = any(${providers}::text[]) and (r.host_id is not null or exists (
      select from alerts c where c.host_id = f.host_id and c.type = 'contention' and c.cleared_at is null) or exists (
      select from fleet other where other.machine = f.machine and other.provider = f.provider and other.host_id <> f.host_id))
    order by f.provider, f.machine, f.host_id`.execute(db);
  return Map.groupBy(rows, ({ provider, machine }) => `${provider} ${machine}`)
    .values()
    .map((hosts) => ({ machine: hosts[0]!.machine, provider: hosts[0]!.provider, hosts: hosts.map(sharingHost) }))
    .toArray();
}

function sharingHost({ host_id, name, fence, candidates, goals, own, asked, asked_before }: Row): SharingHost {
  return {
    hostId: host_id as HostId,
    name,
    fence: BigInt(fence),
    layers: (candidates ?? []).filter(({ active }) => active),
    unmetGoals: goals,
    taken: own === null ? null : { own, asked, askedBefore: asked_before },
  };
}

/** What the host has when nothing is taken from it; null when nothing is. */
export async function findOwnAllocation(db: Executor, hostId: string): Promise<Allocation | null> {
  const row = await db.selectFrom('rebalanced_hosts').select('own').where('host_id', '=', hostId).executeTakeFirst();
  return (row?.own ?? null) as Allocation | null;
}

/** Before the host is resized, so that whoever comes next knows what is its own. */
export async function recordTaken(tx: Executor, hostId: HostId, { own, asked, askedBefore }: Taken): Promise<void> {
  const row = { own: jsonbText(own), asked: jsonbText(asked), asked_before: jsonbText(askedBefore) };
  await tx
    .insertInto('rebalanced_hosts')
    .values({ host_id: hostId, ...row })
    .onConflict((conflict) => conflict.column('host_id').doUpdateSet(row))
    .execute();
}

/** After the host has again what is its own. */
export async function forgetTaken(tx: Executor, hostId: HostId): Promise<void> {
  await tx.deleteFrom('rebalanced_hosts').where('host_id', '=', hostId).execute();
}
