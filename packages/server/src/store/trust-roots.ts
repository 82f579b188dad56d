/** The roots that this control plane has, and whose personas it serves. A root, once written, never changes. */
import type { Executor } from './database.ts';

export interface ServedNames {
  readonly organization: string;
  readonly environment: string;
}

export interface StoredRoot {
  readonly version: number;
  /** The envelope as JSON. */
  readonly envelope: string;
}

/** Null before the first start. */
export async function findServed(db: Executor): Promise<ServedNames | null> {
  const row = await db.selectFrom('trust_served').select(['organization', 'environment']).executeTakeFirst();
  return row ?? null;
}

export async function writeServed(tx: Executor, names: ServedNames): Promise<void> {
  await tx
    .insertInto('trust_served')
    .values(names)
    .onConflict((conflict) => conflict.column('one').doUpdateSet(names))
    .execute();
}

export async function newestRoot(db: Executor, organization: string): Promise<StoredRoot | null> {
  const row = await db
    .selectFrom('trust_roots')
    .select(['version', 'envelope'])
    .where('organization', '=', organization)
    .orderBy('version', 'desc')
    .limit(1)
    .executeTakeFirst();
  return row ?? null;
}

export async function findRoot(db: Executor, organization: string, version: number): Promise<StoredRoot | null> {
  const row = await db
    .selectFrom('trust_roots')
    .select(['version', 'envelope'])
    .where('organization', '=', organization)
    .where('version', '=', version)
    .executeTakeFirst();
  return row ?? null;
}

/** Those that follow a version, in order; at most so many. */
export async function rootsAfter(db: Executor, version: number, most: number): Promise<readonly StoredRoot[]> {
  return db
    .selectFrom('trust_roots')
    .innerJoin('trust_served', 'trust_served.organization', 'trust_roots.organization')
    .select(['version', 'envelope'])
    .where('version', '>', version)
    .orderBy('version')
    .limit(most)
    .execute();
}

/** False when there is one of that version already. */
export async function insertRoot(
  tx: Executor,
  root: StoredRoot & { readonly organization: string; readonly publishedBy: string },
): Promise<boolean> {
  const { organization, version, envelope, publishedBy } = root;
  const result = await tx
    .insertInto('trust_roots')
    .values({ organization, version, envelope, published_by: publishedBy })
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst();
  return (result.numInsertedOrUpdatedRows ?? 0n) > 0n;
}
