/**
 * Who is told of what happens.
 *
 * Invariants: a secret is told once and then to nobody; an address that the outbound rules refuse is refused when it is given, and
 * again whenever something is sent to it.
 * Throws: `webhook_not_found`, `address_refused`, `argument_invalid`, `limit_exceeded`.
 */
import { GuiseError, limits } from '@guise/model';
import { isLoopbackName, requireFetchable } from '../outbound/guarded-fetch.ts';
import { newWebhookSecret } from '../outbound/webhook-message.ts';
import { type Database, mutate } from '../store/database.ts';
import type { Page, PageRequest } from '../store/page.ts';
import type { Vault } from '../store/vault.ts';
import { type Delivery, insertDelivery, listDeliveries } from '../store/webhook-deliveries.ts';
import {
  deleteWebhook,
  findWebhook,
  insertWebhook,
  lockWebhooks,
  readWebhooks,
  type Webhook,
} from '../store/webhooks.ts';
import type { Caller } from './caller.ts';
import { stateDigest } from './state-digest.ts';

export interface WebhookRequest {
  readonly url: string;
  readonly types: readonly string[];
}

export interface WebhookParts {
  readonly database: Database;
  readonly vault: Vault;
  readonly allowOutbound: readonly string[];
}

export async function createWebhook(
  { database, vault, allowOutbound }: WebhookParts,
  caller: Caller,
  { url, types }: WebhookRequest,
): Promise<Webhook & { readonly secret: string }> {
  const place = new URL(url);
  if (place.protocol === 'http:' && !isLoopbackName(place.hostname)) {
    throw new GuiseError('address_refused', `Cannot connect to ${place.origin}: it must be https`);
  }
  await requireFetchable(place, { configured: null, allow: allowOutbound }).catch((error: unknown) => {
    // What nobody can reach now may be there when something happens.
    if (!(error instanceof GuiseError && error.code === 'server_unavailable')) throw error;
  });
  const secret = newWebhookSecret();
  return mutate(database, caller.actor, async (tx) => {
    await lockWebhooks(tx);
    if ((await readWebhooks(tx)).length >= limits.webhooks) {
      throw new GuiseError('limit_exceeded', `Cannot keep more than ${limits.webhooks} webhooks`);
    }
    const webhook = await insertWebhook(tx, vault, { url, types, secret, by: caller.actor });
    return {
      value: { ...webhook, secret },
      audit: {
        action: caller.action,
        resource: `webhook/${webhook.webhook_id}`,
        detail: { url, types },
        before: null,
        after: digestOf(webhook),
      },
      signals: [{ type: 'event', event: 'webhook.created', subject: webhook.webhook_id }],
    };
  });
}

export async function removeWebhook(database: Database, caller: Caller, webhookId: string): Promise<void> {
  await mutate(database, caller.actor, async (tx) => {
    const webhook = await requireWebhook(tx, webhookId);
    await deleteWebhook(tx, webhookId);
    return {
      value: undefined,
      audit: {
        action: caller.action,
        resource: `webhook/${webhookId}`,
        detail: { removed: true },
        before: digestOf(webhook),
        after: null,
      },
      signals: [{ type: 'event', event: 'webhook.removed', subject: webhookId }],
    };
  });
}

/** An event of its own, delivered as every other. */
export async function testWebhook(database: Database, caller: Caller, webhookId: string): Promise<Delivery> {
  return mutate(database, caller.actor, async (tx) => {
    const { disabled_at } = await requireWebhook(tx, webhookId);
    if (disabled_at !== null) {
      throw new GuiseError(
        'argument_invalid',
        `Cannot test the webhook ${webhookId}: its receiver wanted no more at ${disabled_at}; make another`,
      );
    }
    return {
      value: await insertDelivery(tx, webhookId, { event: 'webhook.test', subject: webhookId }),
      audit: { action: caller.action, resource: `webhook/${webhookId}`, detail: { tested: true } },
      signals: [{ type: 'delivery' }],
    };
  });
}

export async function deliveriesOf(database: Database, webhookId: string, page: PageRequest): Promise<Page<Delivery>> {
  await requireWebhook(database, webhookId);
  return listDeliveries(database, webhookId, page);
}

async function requireWebhook(db: Parameters<typeof findWebhook>[0], webhookId: string): Promise<Webhook> {
  const webhook = await findWebhook(db, webhookId);
  if (webhook !== null) return webhook;
  throw new GuiseError('webhook_not_found', `Cannot find the webhook ${webhookId}`);
}

function digestOf({ url, types }: Webhook) {
  return stateDigest({ url, types });
}
