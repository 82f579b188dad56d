/** What sends requests to hosts, by name; the key of one is in `sealed_values`, encrypted. */
import type { DnsSettings, HaproxySettings } from '@guise/api';
import type { Selectable } from 'kysely';
import { sql } from 'kysely';
import type { Executor } from './database.ts';
import { jsonbText } from './jsonb-text.ts';
import type { Tables } from './tables.ts';
import { forgetSealed, type Vault } from './vault.ts';

interface Common {
  readonly name: string;
  /** A tag selector. */
  readonly hosts: string;
}

/** As it is configured, without its key. */
export type TrafficRow = Common &
  (
    | { readonly driver: 'haproxy'; readonly settings: HaproxySettings }
    | { readonly driver: 'dns'; readonly settings: DnsSettings }
  );

export type StoredTraffic = TrafficRow & { readonly updated_by: string; readonly updated_at: string };

/** By name. */
export async function readTraffic(db: Executor): Promise<readonly StoredTraffic[]> {
  return (await db.selectFrom('traffic').selectAll().orderBy('name').execute()).map(storedOf);
}

export async function findTraffic(db: Executor, name: string): Promise<StoredTraffic | null> {
  const row = await db.selectFrom('traffic').selectAll().where('name', '=', name).executeTakeFirst();
  return row === undefined ? null : storedOf(row);
}

/** Takes all of them, so that writers come one after the other. */
export async function lockTraffic(tx: Executor): Promise<void> {
  await sql`lock table traffic in share row exclusive mode`.execute(tx);
}

export async function putTraffic(
  tx: Executor,
  { name, driver, hosts, settings }: TrafficRow,
  by: string,
): Promise<void> {
  const values = { driver, hosts, settings: jsonbText(settings), updated_by: by };
  await tx
    .insertInto('traffic')
    .values({ name, ...values })
    .onConflict((conflict) => conflict.column('name').doUpdateSet({ ...values, updated_at: sql<Date>`now()` }))
    .execute();
}

/** With its key. */
export async function deleteTraffic(tx: Executor, name: string): Promise<void> {
  await tx.deleteFrom('traffic').where('name', '=', name).execute();
  await forgetSealed(tx, keyName(name));
}

export function putTrafficKey(tx: Executor, vault: Vault, name: string, secret: string): Promise<void> {
  return vault.write(tx, keyName(name), Buffer.from(secret));
}

/** Null when it has none. Throws: `cipher_failed`. */
export async function readTrafficKey(db: Executor, vault: Vault, name: string): Promise<string | null> {
  return (await vault.read(db, keyName(name)))?.toString() ?? null;
}

function storedOf({ updated_at, ...row }: Selectable<Tables['traffic']>): StoredTraffic {
  return { ...row, updated_at: updated_at.toISOString() } as StoredTraffic;
}

/** What the key is bound to at rest. */
function keyName(name: string): string {
  return `traffic/${name}/tsig`;
}
