/** Join tokens and the hosts that came by them. A join token is taken in one statement, so a hundred redeemers at once get it once. */
import type { Digest, HostId } from '@guise/model';
import { sql } from 'kysely';
import type { Executor } from './database.ts';
import { jsonbText } from './jsonb-text.ts';

type Tags = Readonly<Record<string, string>>;

export interface NewJoinToken {
  readonly digest: string;
  /** Only this host may use it; null for any new one. */
  readonly hostId: HostId | null;
  readonly tags: Tags;
  readonly expiresInS: number;
  readonly createdBy: string;
}

export interface Redemption {
  readonly joinTokenDigest: string;
  readonly hostId: HostId;
  readonly csrDigest: Digest;
}

export interface RedeemedToken {
  readonly isBound: boolean;
  readonly tags: Tags;
  readonly createdBy: string;
}

export type Redeemed =
  | (RedeemedToken & { readonly type: 'redeemed' })
  /** The same agent asked before and lost the answer. */
  | { readonly type: 'repeated' }
  | { readonly type: 'refused' };

export async function insertJoinToken(tx: Executor, token: NewJoinToken): Promise<{ readonly expires_at: string }> {
  const row = await tx
    .insertInto('join_tokens')
    .values({
      digest: token.digest,
      host_id: token.hostId,
      tags: jsonbText({ ...token.tags }),
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
    .set({ used_at: sql<Date>`now()`, used_by: redemption.hostId, csr_digest: redemption.csrDigest })
    .where('digest', '=', redemption.joinTokenDigest)
    .where('used_at', 'is', null)
    .where('expires_at', '>', sql<Date>`now()`)
    .where((where) => where.or([where('host_id', 'is', null), where('host_id', '=', redemption.hostId)]))
    .returning(['host_id', 'created_by', 'tags'])
    .executeTakeFirst();
  if (taken !== undefined) {
    return { type: 'redeemed', isBound: taken.host_id !== null, tags: taken.tags, createdBy: taken.created_by };
  }
  const before = await tx
    .selectFrom('join_tokens')
    .select('used_at')
    .where('digest', '=', redemption.joinTokenDigest)
    .where('used_by', '=', redemption.hostId)
    .where('csr_digest', '=', redemption.csrDigest)
    .executeTakeFirst();
  return { type: before === undefined ? 'refused' : 'repeated' };
}

/** False when the host exists and the token was not made for it. One that is replaced keeps its other tags. */
export async function enrolHost(
  tx: Executor,
  hostId: HostId,
  sealingKey: string,
  { isBound, tags }: RedeemedToken,
): Promise<boolean> {
  const row = { host_id: hostId, sealing_key: sealingKey, tags: jsonbText({ ...tags }), facts: '{}' };
  const { numInsertedOrUpdatedRows } = await tx
    .insertInto('hosts')
    .values({ ...row, agent_version: null, last_seen_at: null, replica_id: null })
    .onConflict((conflict) =>
      isBound
        ? conflict.column('host_id').doUpdateSet({
            sealing_key: sealingKey,
            tags: sql<string>`hosts.tags || excluded.tags`,
            enrolled_at: sql<Date>`now()`,
          })
        : conflict.doNothing(),
    )
    .executeTakeFirst();
  return (numInsertedOrUpdatedRows ?? 0n) > 0n;
}

export async function setSealingKey(tx: Executor, hostId: HostId, sealingKey: string): Promise<void> {
  await tx.updateTable('hosts').set({ sealing_key: sealingKey }).where('host_id', '=', hostId).execute();
}
