/** Who is told of what happens. The secret of each is in `sealed_values`, encrypted. */
import type { Selectable } from 'kysely';
import { sql } from 'kysely';
import type { Executor } from './database.ts';
import type { Tables } from './tables.ts';
import { forgetSealed, type Vault } from './vault.ts';

export interface Webhook {
  readonly webhook_id: string;
  readonly url: string;
  readonly types: readonly string[];
  readonly created_by: string;
  readonly created_at: string;
  readonly disabled_at: string | null;
}

export interface NewWebhook {
  readonly url: string;
  readonly types: readonly string[];
  readonly secret: string;
  readonly by: string;
}

/** Oldest first. */
export async function readWebhooks(db: Executor): Promise<readonly Webhook[]> {
  return (await db.selectFrom('webhooks').selectAll().orderBy('created_at').orderBy('webhook_id').execute()).map(
    webhookOf,
  );
}

export async function findWebhook(db: Executor, webhookId: string): Promise<Webhook | null> {
  const row = await db.selectFrom('webhooks').selectAll().where('webhook_id', '=', webhookId).executeTakeFirst();
  return row === undefined ? null : webhookOf(row);
}

/** Takes all of them, so that writers come one after the other; what happens meanwhile goes on. */
export async function lockWebhooks(tx: Executor): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtextextended('webhooks', 0))`.execute(tx);
}

export async function insertWebhook(
  tx: Executor,
  vault: Vault,
  { url, types, secret, by }: NewWebhook,
): Promise<Webhook> {
  const row = await tx
    .insertInto('webhooks')
    .values({ url, types: [...types], created_by: by, disabled_at: null })
    .returningAll()
    .executeTakeFirstOrThrow();
  await vault.write(tx, secretName(row.webhook_id), Buffer.from(secret));
  return webhookOf(row);
}

/** With its secret and what waits for it. */
export async function deleteWebhook(tx: Executor, webhookId: string): Promise<void> {
  await tx.deleteFrom('webhooks').where('webhook_id', '=', webhookId).execute();
  await forgetSealed(tx, secretName(webhookId));
}

export async function disableWebhook(tx: Executor, webhookId: string): Promise<void> {
  await tx
    .updateTable('webhooks')
    .set({ disabled_at: sql<Date>`now()` })
    .where('webhook_id', '=', webhookId)
    .where('disabled_at', 'is', null)
    .execute();
}

/** Null for one that is gone. Throws: `cipher_failed`. */
export async function readWebhookSecret(db: Executor, vault: Vault, webhookId: string): Promise<string | null> {
  return (await vault.read(db, secretName(webhookId)))?.toString() ?? null;
}

function webhookOf({ created_at, disabled_at, ...row }: Selectable<Tables['webhooks']>): Webhook {
  return { ...row, created_at: created_at.toISOString(), disabled_at: disabled_at?.toISOString() ?? null };
}

/** What the secret is bound to at rest. */
function secretName(webhookId: string): string {
  return `webhook/${webhookId}`;
}
