/** Which role is given to whom. A token is named by its name outside and kept by its id, so that a later one of that name has nothing of it. */
import type { Selectable } from 'kysely';
import { sql } from 'kysely';
import type { Executor } from './database.ts';
import type { Page, PageRequest } from './page.ts';
import { pageOf } from './page.ts';
import type { Tables } from './tables.ts';

export type SubjectType = 'user' | 'group' | 'token';

export interface RoleBinding {
  readonly role: string;
  readonly subject_type: SubjectType;
  readonly subject: string;
}

export interface GrantedRole extends RoleBinding {
  readonly granted_by: string;
  readonly granted_at: string;
}

/** Of one that is there already, what it was. */
export async function insertBinding(
  tx: Executor,
  binding: RoleBinding,
  grantedBy: string,
): Promise<{ readonly granted: GrantedRole; readonly isNew: boolean }> {
  const { numInsertedOrUpdatedRows = 0n } = await tx
    .insertInto('role_bindings')
    .values({ ...binding, granted_by: grantedBy })
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst();
  const row = await tx
    .selectFrom('role_bindings')
    .selectAll()
    .where('subject_type', '=', binding.subject_type)
    .where('subject', '=', binding.subject)
    .where('role', '=', binding.role)
    .executeTakeFirstOrThrow();
  return { granted: bindingOf(row), isNew: numInsertedOrUpdatedRows > 0n };
}

export async function deleteBinding(tx: Executor, { role, subject_type, subject }: RoleBinding): Promise<boolean> {
  const { numDeletedRows } = await tx
    .deleteFrom('role_bindings')
    .where('subject_type', '=', subject_type)
    .where('subject', '=', subject)
    .where('role', '=', role)
    .executeTakeFirst();
  return numDeletedRows > 0n;
}

export async function rolesOfToken(db: Executor, tokenId: string): Promise<readonly string[]> {
  const rows = await db
    .selectFrom('role_bindings')
    .select('role')
    .where('subject_type', '=', 'token')
    .where('subject', '=', tokenId)
    .execute();
  return rows.map(({ role }) => role);
}

export async function listBindings(db: Executor, page: PageRequest): Promise<Page<GrantedRole>> {
  let query = db
    .selectFrom('role_bindings')
    .leftJoin('tokens', (join) =>
      join.on('subject_type', '=', 'token').on(sql<boolean>`tokens.token_id::text = role_bindings.subject`),
    )
    .selectAll('role_bindings')
    .select('tokens.name')
    .orderBy('subject_type')
    .orderBy('subject')
    .orderBy('role')
    .limit(page.limit + 1);
  const after = page.cursor === undefined ? null : keyOf(page.cursor);
  if (after !== null) query = query.where(sql<boolean>`(subject_type, subject, role) > (${sql.join(after)})`);
  const rows = await query.execute();
  const { items, next_cursor } = pageOf(rows, page.limit, (row) =>
    JSON.stringify([row.subject_type, row.subject, row.role]),
  );
  return { items: items.map((row) => bindingOf({ ...row, subject: row.name ?? row.subject })), next_cursor };
}

function keyOf(cursor: string): readonly string[] | null {
  try {
    const key: unknown = JSON.parse(cursor);
    return Array.isArray(key) && key.length === 3 ? key.map(String) : null;
  } catch {
    return null;
  }
}

function bindingOf(row: Selectable<Tables['role_bindings']>): GrantedRole {
  const { role, subject_type, subject, granted_by } = row;
  return { role, subject_type, subject, granted_by, granted_at: row.granted_at.toISOString() };
}
