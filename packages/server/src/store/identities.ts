/** Identities of hosts: whether they are let in, and which certificates they have. */
import type { HostId } from '@guise/model';
import { sql } from 'kysely';
import type { Executor } from './database.ts';
import { jsonbText } from './jsonb-text.ts';

export type IdentityState = 'active' | 'locked' | 'revoked';

export interface Identity {
  readonly state: IdentityState;
  readonly generation: number;
}

export interface NewCertificate {
  readonly hostId: HostId;
  readonly generation: number;
  readonly serial: string;
  readonly csrDigest: string;
  readonly certificate: string;
  readonly notAfter: Date;
}

export interface KnownCertificate {
  readonly generation: number;
  readonly csrDigest: string;
  readonly certificate: string;
}

/** Held until the transaction ends, so that one renewal of a host goes on at a time. */
export async function holdIdentity(tx: Executor, hostId: HostId): Promise<Identity | null> {
  const row = await tx
    .selectFrom('identities')
    .select(['state', 'generation'])
    .where('host_id', '=', hostId)
    .forUpdate()
    .executeTakeFirst();
  return row ?? null;
}

/** Anew, at generation 1: certificates from before are known no more. */
export async function startIdentity(tx: Executor, hostId: HostId): Promise<void> {
  const active = { state: 'active' as const, generation: 1, reason: null, changed_at: sql<Date>`now()` };
  await tx
    .insertInto('identities')
    .values({ host_id: hostId, ...active })
    .onConflict((conflict) => conflict.column('host_id').doUpdateSet(active))
    .execute();
  // After a renewal that goes on has ended, because it holds the identity; so what it issued goes as well.
  await tx.deleteFrom('host_certificates').where('host_id', '=', hostId).execute();
}

/** Of the generation that the identity is to have from now on; what has ended is cleared away. */
export async function addCertificate(tx: Executor, certificate: NewCertificate): Promise<void> {
  const { hostId, generation } = certificate;
  await tx.updateTable('identities').set({ generation }).where('host_id', '=', hostId).execute();
  await tx
    .insertInto('host_certificates')
    .values({
      serial: certificate.serial,
      host_id: hostId,
      generation,
      csr_digest: certificate.csrDigest,
      certificate: certificate.certificate,
      not_after: certificate.notAfter,
      first_used_at: null,
    })
    .execute();
  await sql`delete from host_certificates where host_id = ${hostId} and generation < ${generation} - 1 and not_after < now()`.execute(
    tx,
  );
}

export async function findCertificate(
  db: Executor,
  hostId: HostId,
  by: { readonly serial: string } | { readonly generation: number },
): Promise<KnownCertificate | null> {
  let query = db
    .selectFrom('host_certificates')
    .select(['generation', 'csr_digest', 'certificate'])
    .where('host_id', '=', hostId)
    .where('not_after', '>', sql<Date>`now()`);
  query = 'serial' in by ? query.where('serial', '=', by.serial) : query.where('generation', '=', by.generation);
  const row = await query.executeTakeFirst();
  return row === undefined
    ? null
    : { generation: row.generation, csrDigest: row.csr_digest, certificate: row.certificate };
}

/** False when it was so already, or there is no identity. */
export async function refuseIdentity(
  tx: Executor,
  hostId: HostId,
  state: Exclude<IdentityState, 'active'>,
  reason: string,
): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable('identities')
    .set({ state, reason, changed_at: sql<Date>`now()` })
    .where('host_id', '=', hostId)
    .where('state', '<>', state)
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

/** A certificate as TLS verified it. */
export interface Presented {
  readonly host_id: string;
  readonly serial: string;
}

/** What the database knows of a certificate that is presented; nothing of what it does not know. */
export interface Standing extends Presented {
  readonly state: IdentityState | null;
  readonly reason: string | null;
  readonly generation: number | null;
  readonly ended: boolean | null;
  /** Neither the newest, nor the one before while the newest was not used. */
  readonly replaced: boolean;
  readonly used: boolean;
}

export async function standingsOf(db: Executor, presented: readonly Presented[]): Promise<readonly Standing[]> {
  const { rows } = await sql<Standing>`
    select p.host_id, p.serial, i.state, i.reason, c.generation, c.not_after < now() as ended,
      coalesce(c.generation <> i.generation
        and (c.generation <> i.generation - 1 or newest.first_used_at is not null), false) as replaced,
      c.first_used_at is not null as used
    from jsonb_to_recordset(${jsonbText([...presented])}::jsonb) as p(host_id text, serial text)
      left join identities i using (host_id)
      left join host_certificates c on c.host_id = p.host_id and c.serial = p.serial
      left join host_certificates newest on newest.host_id = i.host_id and newest.generation = i.generation`.execute(
    db,
  );
  return rows;
}

export async function recordFirstUse(tx: Executor, serial: string): Promise<void> {
  await tx
    .updateTable('host_certificates')
    .set({ first_used_at: sql<Date>`now()` })
    .where('serial', '=', serial)
    .where('first_used_at', 'is', null)
    .execute();
}
