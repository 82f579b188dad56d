import { createWebhook, deliveriesOf, removeWebhook, testWebhook } from '../../app/webhooks.ts';
import { readWebhooks } from '../../store/webhooks.ts';
import type { Handlers } from '../handler.ts';
import type { HandlerParts } from './index.ts';

type Names = 'createWebhook' | 'listWebhooks' | 'deleteWebhook' | 'testWebhook' | 'listWebhookDeliveries';

export function webhookHandlers({ database, vault, outbound }: HandlerParts): Pick<Handlers, Names> {
  const parts = { database, vault, allowOutbound: outbound.allowOutbound };
  return {
    createWebhook: ({ body, caller }) => createWebhook(parts, caller, body),
    listWebhooks: async () => ({ items: await readWebhooks(database) }),
    deleteWebhook: ({ params, caller }) => removeWebhook(database, caller, params.webhook_id),
    testWebhook: ({ params, caller }) => testWebhook(database, caller, params.webhook_id),
    listWebhookDeliveries: ({ params, query }) => deliveriesOf(database, params.webhook_id, query),
  };
}
