/** Policies that people set. Earlier versions are in the audit. */
import { sql } from 'kysely';
import type { Executor } from './database.ts';

export interface StoredPolicy {
  readonly name: string;
  readonly text: string;
  readonly version: number;
  readonly updated_by: string;
  readonly updated_at: string;
}

/** All of them, as they are at one revision. */
export async function readPolicies(
  db: Executor,
): Promise<{ readonly policies: readonly StoredPolicy[]; readonly revision: number }> {
  // One statement, so that the revision is that of the texts.
  const { rows } = await sql<{
    name: string | null;
    text: string;
    version: number;
    updated_by: string;
    updated_at: Date;
    revision: string;
  }>`
    select p.*, r.revision from policy_revision r left join policies p on true order by p.name`.execute(db);
  const policies = rows.flatMap(({ name, text, version, updated_by, updated_at }) =>
    name === null ? [] : [{ name, text, version, updated_by, updated_at: updated_at.toISOString() }],
  );
  return { policies, revision: Number(rows[0]?.revision ?? 0) };
}

/** Raises the revision and keeps others from changing policies until this transaction ends. */
export async function lockPolicies(tx: Executor): Promise<void> {
  await tx.updateTable('policy_revision').set({ revision: sql<string>`revision + 1` }).execute();
}

export async function putPolicy(
  tx: Executor,
  policy: { readonly name: string; readonly text: string; readonly updatedBy: string },
): Promise<StoredPolicy> {
  const { name, text, updatedBy } = policy;
  const row = await tx
    .insertInto('policies')
    .values({ name, text, version: 1, updated_by: updatedBy })
    .onConflict((conflict) =>
      conflict.column('name').doUpdateSet({
        text,
        version: sql<number>`policies.version + 1`,
        updated_by: updatedBy,
        updated_at: sql<Date>`now()`,
      }),
    )
    .returningAll()
    .executeTakeFirstOrThrow();
  return { ...row, updated_at: row.updated_at.toISOString() };
}

export async function deletePolicy(tx: Executor, name: string): Promise<boolean> {
  const { numDeletedRows } = await tx.deleteFrom('policies').where('name', '=', name).executeTakeFirst();
  return numDeletedRows > 0n;
}
