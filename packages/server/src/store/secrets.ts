/** Secrets by name, each with its last versions. Values go in and out encrypted; who may open them has the vault. */
import { limits, type PersonaId } from '@guise/model';
import { sql } from 'kysely';
import type { Executor } from './database.ts';
import type { Page, PageRequest } from './page.ts';
import { pageOf } from './page.ts';
import type { Vault } from './vault.ts';

export interface SecretSummary {
  readonly name: string;
  readonly version: number;
  readonly updated_at: string;
  readonly updated_by: string;
  /** Current personas that name it. */
  readonly used_by: readonly string[];
}

export interface SecretHead {
  readonly version: number;
  readonly removed: boolean;
}

/** Takes the name, so that two writers come one after the other; also when there is none yet. */
export async function lockSecret(tx: Executor, name: string): Promise<SecretHead | null> {
  await sql`select pg_advisory_xact_lock(hashtextextended(${`secret/${name}`}, 0))`.execute(tx);
  const row = await tx
    .selectFrom('secrets')
    .select(['version', 'removed_at'])
    .where('name', '=', name)
    .executeTakeFirst();
  return row === undefined ? null : { version: row.version, removed: row.removed_at !== null };
}

/** The value is encrypted here, so that no other code of the store ever has it. Versions past `limits.secretVersionsKept` go. */
export async function insertSecretVersion(
  tx: Executor,
  vault: Vault,
  secret: { readonly name: string; readonly version: number; readonly value: Uint8Array; readonly by: string },
): Promise<void> {
  const { name, version, by } = secret;
  await tx
    .insertInto('secrets')
    .values({ name, version, updated_by: by, removed_at: null })
    .onConflict((conflict) =>
      conflict.column('name').doUpdateSet({ version, updated_by: by, updated_at: sql<Date>`now()`, removed_at: null }),
    )
    .execute();
  await tx
    .insertInto('secret_versions')
    .values({ name, version, value: vault.encrypt(vaultName(name, version), secret.value) })
    .execute();
  await sql`delete from secret_versions where name = ${name} and version not in (
    select version from secret_versions where name = ${name} order by version desc limit ${limits.secretVersionsKept})`.execute(
    tx,
  );
}

export async function removeSecret(tx: Executor, name: string): Promise<void> {
  await tx.deleteFrom('secret_versions').where('name', '=', name).execute();
  await tx.updateTable('secrets').set({ removed_at: sql<Date>`now()` }).where('name', '=', name).execute();
}

export async function countSecrets(db: Executor): Promise<number> {
  const { count } = await db
    .selectFrom('secrets')
    .select(sql<string>`count(*)`.as('count'))
    .where('removed_at', 'is', null)
    .executeTakeFirstOrThrow();
  return Number(count);
}

export async function listSecrets(db: Executor, page: PageRequest): Promise<Page<SecretSummary>> {
  let query = db
    .selectFrom('secrets')
    .select(['name', 'version', 'updated_at', 'updated_by'])
    .where('removed_at', 'is', null)
    .orderBy('name')
    .limit(page.limit + 1);
  if (page.cursor !== undefined) query = query.where('name', '>', page.cursor);
  const rows = await query.execute();
  const users = await personasNaming(
    db,
    rows.map(({ name }) => name),
  );
  const summaries = rows.map((row) => ({
    name: row.name,
    version: row.version,
    updated_at: row.updated_at.toISOString(),
    updated_by: row.updated_by,
    used_by: users.get(row.name) ?? [],
  }));
  return pageOf(summaries, page.limit, ({ name }) => name);
}

/** Secret → the personas whose current version names it. */
export async function personasNaming(
  db: Executor,
  names: readonly string[],
): Promise<ReadonlyMap<string, readonly PersonaId[]>> {
  if (names.length === 0) return new Map();
  const { rows } = await sql<{ name: string; persona_id: string }>`
    select n.name, v.persona_id from unnest(${names}::text[]) as n(name)
      join persona_versions v on v.secrets @> array[n.name]
      join personas p on p.persona_id = v.persona_id and p.current_version = v.version and p.deleted_at is null
    order by n.name, v.persona_id`.execute(db);
  const found = new Map<string, PersonaId[]>();
  for (const { name, persona_id } of rows) found.set(name, [...(found.get(name) ?? []), persona_id as PersonaId]);
  return found;
}

/** Every persona any of whose versions names it: a host may have pinned an old one. */
export async function personasEverNaming(db: Executor, name: string): Promise<readonly PersonaId[]> {
  const { rows } = await sql<{ persona_id: string }>`
    select distinct persona_id from persona_versions where secrets @> array[${name}]::text[]`.execute(db);
  return rows.map((row) => row.persona_id as PersonaId);
}

/** Of those that exist. */
export async function currentVersions(db: Executor, names: readonly string[]): Promise<ReadonlyMap<string, number>> {
  if (names.length === 0) return new Map();
  const rows = await db
    .selectFrom('secrets')
    .select(['name', 'version'])
    .where('removed_at', 'is', null)
    .where(sql<boolean>`name = any(${names}::text[])`)
    .execute();
  return new Map(rows.map(({ name, version }) => [name, version]));
}

export interface OpenedSecret {
  readonly version: number;
  readonly value: Uint8Array;
}

/** The current version of each that exists, opened. Throws: `cipher_failed`. */
export async function readSecrets(
  db: Executor,
  vault: Vault,
  names: readonly string[],
): Promise<ReadonlyMap<string, OpenedSecret>> {
  if (names.length === 0) return new Map();
  const rows = await db
    .selectFrom('secrets')
    .innerJoin('secret_versions', (join) =>
      join.onRef('secret_versions.name', '=', 'secrets.name').onRef('secret_versions.version', '=', 'secrets.version'),
    )
    .select(['secrets.name', 'secrets.version', 'value'])
    .where('removed_at', 'is', null)
    .where(sql<boolean>`secrets.name = any(${names}::text[])`)
    .execute();
  return new Map(
    rows.map(({ name, version, value }) => [name, { version, value: vault.decrypt(vaultName(name, version), value) }]),
  );
}

/** What the value is bound to at rest. */
function vaultName(name: string, version: number): string {
  return `secret/${name}/${version}`;
}
