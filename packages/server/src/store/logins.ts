/** Logins under way, people who logged in, and the codes that are traded for their sessions. */
import { sql } from 'kysely';
import type { Executor } from './database.ts';

export interface NewLogin {
  readonly digest: string;
  readonly sealed: Buffer;
  /** Whose it is, once that is known. */
  readonly userId: string | null;
  readonly lifeS: number;
}

/** Those that were given up are cleared away. */
export async function insertLogin(tx: Executor, { digest, sealed, userId, lifeS }: NewLogin): Promise<void> {
  await tx.deleteFrom('logins').where('expires_at', '<', sql<Date>`now()`).execute();
  await tx
    .insertInto('logins')
    .values({ digest, sealed, user_id: userId, expires_at: sql<Date>`now() + make_interval(secs => ${lifeS})` })
    .execute();
}

export async function countLogins(db: Executor): Promise<number> {
  const { rows } = await sql<{
    count: number;
  }>`select count(*)::integer as count from logins where expires_at > now()`.execute(db);
  return rows[0]?.count ?? 0;
}

/** Once: of several who ask for the same, one gets it. */
export async function takeLogin(
  tx: Executor,
  digest: string,
  stage: 'begun' | 'known',
): Promise<{ readonly sealed: Buffer; readonly userId: string | null } | null> {
  const row = await tx
    .deleteFrom('logins')
    .where('digest', '=', digest)
    .where('user_id', stage === 'begun' ? 'is' : 'is not', null)
    .where('expires_at', '>', sql<Date>`now()`)
    .returning(['sealed', 'user_id'])
    .executeTakeFirst();
  return row === undefined ? null : { sealed: row.sealed, userId: row.user_id };
}

export interface Person {
  readonly issuer: string;
  readonly subject: string;
  readonly email: string | null;
  readonly name: string | null;
  readonly groups: readonly string[];
}

export async function putPerson(tx: Executor, person: Person): Promise<string> {
  const row = { ...person, groups: [...person.groups] };
  const { user_id } = await tx
    .insertInto('users')
    .values(row)
    .onConflict((conflict) =>
      conflict.columns(['issuer', 'subject']).doUpdateSet({ ...row, last_login_at: sql<Date>`now()` }),
    )
    .returning('user_id')
    .executeTakeFirstOrThrow();
  return user_id;
}

export async function findPerson(db: Executor, userId: string): Promise<Person | null> {
  const row = await db.selectFrom('users').selectAll().where('user_id', '=', userId).executeTakeFirst();
  return row ?? null;
}
