/** Bearer tokens of people and programs. Only digests are stored, and a token is found by its digest. */
import { sql } from 'kysely';
import type { Asker, TokenScope } from '../permissions/principal.ts';
import type { Executor } from './database.ts';
import { jsonbText } from './jsonb-text.ts';
import type { Page, PageRequest } from './page.ts';
import { pageOf } from './page.ts';

export interface Token {
  readonly token_id: string;
  readonly name: string;
  readonly roles: readonly string[];
  readonly scope: TokenScope | null;
  readonly created_by: string;
  readonly created_at: string;
  readonly expires_at: string | null;
}

export interface NewToken {
  readonly name: string;
  readonly digest: string;
  /** Null never ends. */
  readonly expiresInS: number | null;
  readonly scope: TokenScope | null;
  readonly createdBy: string;
  /** Whose session it is; null for a program's. */
  readonly userId: string | null;
}

/** Null when a token of that name exists. */
export async function insertToken(tx: Executor, token: NewToken): Promise<Omit<Token, 'roles'> | null> {
  const row = await tx
    .insertInto('tokens')
    .values({
      name: token.name,
      digest: token.digest,
      scope: token.scope === null ? null : jsonbText(token.scope),
      created_by: token.createdBy,
      user_id: token.userId,
      expires_at: sql<Date | null>`now() + make_interval(secs => ${token.expiresInS})`,
    })
    .onConflict((conflict) => conflict.doNothing())
    .returningAll()
    .executeTakeFirst();
  return row === undefined ? null : tokenOf(row);
}

interface Found {
  readonly asker: Asker;
  readonly policyRevision: number;
}

interface FoundRow {
  token_id: string;
  name: string;
  scope: TokenScope | null;
  expires_at: Date | null;
  issuer: string | null;
  subject: string;
  email: string | null;
  groups: string[];
  roles: string[];
  revision: string;
}

/** Who bears it, when it is a token and has not expired, with every role he has now. */
export async function findAsker(
  db: Executor,
  token: { readonly digest: string } | { readonly id: string },
): Promise<Found | null> {
  const { rows } = await sql<FoundRow>`
    select t.token_id, t.name, t.scope, t.expires_at, u.issuer, u.subject, u.email, u.groups,
      (select revision from policy_revision) as revision,
      array(select distinct b.role from role_bindings b where case b.subject_type
        when 'token' then t.user_id is null and b.subject = t.token_id::text
        when 'user' then b.subject = u.email or b.subject = 'sub:' || u.subject
        else b.subject = any(u.groups) end order by 1) as roles
    from tokens t left join users u using (user_id)
    where ${'digest' in token ? sql`t.digest = ${token.digest}` : sql`t.token_id = ${token.id}::uuid`} and (t.expires_at is null or t.expires_at > now())`.execute(
    db,
  );
  const [row] = rows;
  return row === undefined ? null : { asker: askerOf(row), policyRevision: Number(row.revision) };
}

function askerOf(row: FoundRow): Asker {
  const { scope, roles, issuer, subject, email, groups } = row;
  const shared = { roles, scope, tokenId: row.token_id, expiresAt: row.expires_at?.toISOString() ?? null };
  if (issuer === null) return { type: 'Program', id: row.name, actor: row.name, ...shared };
  const id = personName({ issuer, subject, email });
  return { type: 'User', id, actor: `user/${id}`, issuer, subject, email, groups, ...shared };
}

/** As policies and the audit name somebody. */
export function personName(person: {
  readonly issuer: string;
  readonly subject: string;
  readonly email: string | null;
}): string {
  return person.email ?? `${person.issuer}#${person.subject}`;
}

export async function findToken(
  db: Executor,
  by: { readonly id: string } | { readonly name: string },
): Promise<{
  readonly token_id: string;
  readonly name: string;
  readonly created_by: string;
  readonly scope: TokenScope | null;
} | null> {
  const row = await db
    .selectFrom('tokens')
    .select(['token_id', 'name', 'created_by', 'scope'])
    .where('id' in by ? sql<boolean>`token_id::text = ${by.id}` : sql<boolean>`name = ${by.name} and user_id is null`)
    .orderBy('created_at', 'desc')
    .executeTakeFirst();
  return row === undefined ? null : { ...row, scope: row.scope as TokenScope | null };
}

/** What it was; null when there is none of that id. Its roles go with it, so that the next token of its name has none of them. */
export async function deleteToken(tx: Executor, tokenId: string): Promise<Token | null> {
  const bindings = await tx
    .deleteFrom('role_bindings')
    .where('subject_type', '=', 'token')
    .where('subject', '=', tokenId)
    .returning('role')
    .execute();
  const row = await tx.deleteFrom('tokens').where('token_id', '=', tokenId).returningAll().executeTakeFirst();
  return row === undefined ? null : { ...tokenOf(row), roles: bindings.map(({ role }) => role).sort() };
}

/** Sessions that are over, long after. */
export async function sweepSessions(db: Executor): Promise<void> {
  await db.deleteFrom('tokens').where('user_id', 'is not', null).where('expires_at', '<', sql<Date>`now()`).execute();
}

export async function listTokens(db: Executor, page: PageRequest): Promise<Page<Token>> {
  let query = db
    .selectFrom('tokens')
    .selectAll()
    .select(
      sql<string[]>`array(select role from role_bindings b
        where b.subject_type = 'token' and b.subject = tokens.token_id::text order by 1)`.as('roles'),
    )
    .where('user_id', 'is', null)
    .orderBy('token_id')
    .limit(page.limit + 1);
  if (page.cursor !== undefined) query = query.where(sql<boolean>`token_id::text > ${page.cursor}`);
  const rows = await query.execute();
  return pageOf(
    rows.map((row) => ({ ...tokenOf(row), roles: row.roles })),
    page.limit,
    (token) => token.token_id,
  );
}

function tokenOf(row: {
  token_id: string;
  name: string;
  scope: unknown;
  created_by: string;
  created_at: Date;
  expires_at: Date | null;
}): Omit<Token, 'roles'> {
  return {
    token_id: row.token_id,
    name: row.name,
    scope: row.scope as TokenScope | null,
    created_by: row.created_by,
    created_at: row.created_at.toISOString(),
    expires_at: row.expires_at?.toISOString() ?? null,
  };
}
