/** Join tokens and the agents that came by them. A join token is taken in one statement, so a hundred redeemers at once get it once. */
import type { Digest, HostId } from '@guise/model';
import { sql } from 'kysely';
import type { Executor } from './database.ts';

export interface NewJoinToken {
  readonly digest: string;
  /** Only this host may use it; null for any new one. */
  readonly hostId: HostId | null;
  readonly expiresInS: number;
  readonly createdBy: string;
}

export interface Redemption {
  readonly joinTokenDigest: string;
  readonly hostId: HostId;
  readonly agentTokenDigest: Digest;
}

export type Redeemed =
  | { readonly type: 'redeemed'; readonly boundToHost: boolean; readonly createdBy: string }
  /** The same agent asked before and lost the answer. */
  | { readonly type: 'repeated' }
  | { readonly type: 'refused' };

export async function insertJoinToken(tx: Executor, token: NewJoinToken): Promise<{ readonly expires_at: string }> {
  const row = await tx
    .insertInto('join_tokens')
    .values({
      digest: token.digest,
      host_id: token.hostId,
      created_by: token.createdBy,
      expires_at: sql<Date>`now() + make_interval(secs => ${token.expiresInS})`,
    })
    .returning('expires_at')
    .executeTakeFirstOrThrow();
  return { expires_at: row.expires_at.toISOString() };
}

export async function redeemJoinToken(tx: Executor, redemption: Redemption): Promise<Redeemed> {
  const taken = await tx
    .updateTable('join_tokens')
    .set({
      used_at: sql<Date>`now()`,
      used_by: redemption.hostId,
      agent_token_digest: redemption.agentTokenDigest,
    })
    .where('digest', '=', redemption.joinTokenDigest)
    .where('used_at', 'is', null)
    .where('expires_at', '>', sql<Date>`now()`)
    .where((where) => where.or([where('host_id', 'is', null), where('host_id', '=', redemption.hostId)]))
    .returning(['host_id', 'created_by'])
    .executeTakeFirst();
  if (taken !== undefined)
    return { type: 'redeemed', boundToHost: taken.host_id !== null, createdBy: taken.created_by };
  const before = await tx
    .selectFrom('join_tokens')
    .select('used_at')
    .where('digest', '=', redemption.joinTokenDigest)
    .where('used_by', '=', redemption.hostId)
    .where('agent_token_digest', '=', redemption.agentTokenDigest)
    .executeTakeFirst();
  return { type: before === undefined ? 'refused' : 'repeated' };
}

/** False when the host exists and may not be replaced. */
export async function enrolHost(tx: Executor, redemption: Redemption, replaces: boolean): Promise<boolean> {
  const row = { host_id: redemption.hostId, agent_token_digest: redemption.agentTokenDigest, tags: '{}', facts: '{}' };
  const { numInsertedOrUpdatedRows } = await tx
    .insertInto('hosts')
    .values({ ...row, agent_version: null, last_seen_at: null, replica_id: null })
    .onConflict((conflict) =>
      replaces
        ? conflict
            .column('host_id')
            .doUpdateSet({ agent_token_digest: redemption.agentTokenDigest, enrolled_at: sql<Date>`now()` })
        : conflict.doNothing(),
    )
    .executeTakeFirst();
  return (numInsertedOrUpdatedRows ?? 0n) > 0n;
}

export async function findHostByAgentToken(db: Executor, agentTokenDigest: string): Promise<HostId | null> {
  const row = await db
    .selectFrom('hosts')
    .select('host_id')
    .where('agent_token_digest', '=', agentTokenDigest)
    .executeTakeFirst();
  return (row?.host_id ?? null) as HostId | null;
}
