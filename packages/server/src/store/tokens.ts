/** Bearer tokens of people and programs. Only digests are stored. */
import { sql } from 'kysely';
import type { Executor } from './database.ts';
import type { Page, PageRequest } from './page.ts';
import { pageOf } from './page.ts';

export interface Token {
  readonly token_id: string;
  readonly name: string;
  readonly created_at: string;
  readonly expires_at: string | null;
}

export async function insertToken(
  tx: Executor,
  token: { readonly name: string; readonly digest: string; readonly expiresInS: number | null },
): Promise<Token> {
  const row = await tx
    .insertInto('tokens')
    .values({
      name: token.name,
      digest: token.digest,
      expires_at: sql<Date | null>`now() + make_interval(secs => ${token.expiresInS})`,
    })
    .returningAll()
    .executeTakeFirstOrThrow();
  return tokenOf(row);
}

/** The name of the token, when it is one and has not expired. */
export async function findTokenName(db: Executor, digest: string): Promise<string | null> {
  const row = await db
    .selectFrom('tokens')
    .select('name')
    .where('digest', '=', digest)
    .where(sql<boolean>`(expires_at is null or expires_at > now())`)
    .executeTakeFirst();
  return row?.name ?? null;
}

/** What it was; null when there is none of that id. */
export async function deleteToken(tx: Executor, tokenId: string): Promise<Token | null> {
  const row = await tx.deleteFrom('tokens').where('token_id', '=', tokenId).returningAll().executeTakeFirst();
  return row === undefined ? null : tokenOf(row);
}

export async function listTokens(db: Executor, page: PageRequest): Promise<Page<Token>> {
  let query = db
    .selectFrom('tokens')
    .selectAll()
    .orderBy('token_id')
    .limit(page.limit + 1);
  if (page.cursor !== undefined) query = query.where(sql<boolean>`token_id::text > ${page.cursor}`);
  const rows = await query.execute();
  return pageOf(rows.map(tokenOf), page.limit, (token) => token.token_id);
}

function tokenOf(row: { token_id: string; name: string; created_at: Date; expires_at: Date | null }): Token {
  return {
    token_id: row.token_id,
    name: row.name,
    created_at: row.created_at.toISOString(),
    expires_at: row.expires_at?.toISOString() ?? null,
  };
}
