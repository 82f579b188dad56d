/** Who is told of what happens: signed CloudEvents to addresses that people give. */
import { z } from 'zod';
import { pageOf, pageQuery } from '../schemas/page.ts';
import { newWebhook, webhook, webhookDelivery, webhookId, webhookWrite } from '../schemas/webhook.ts';
import { fleet } from './resource.ts';
import type { Route } from './route.ts';

const params = z.strictObject({ webhook_id: webhookId });

export const webhookRoutes = {
  createWebhook: {
    method: 'POST',
    path: '/webhooks',
    action: 'webhook:write',
    resource: fleet,
    summary: 'Have events of these types sent somewhere; the answer has the secret with which they are signed',
    body: webhookWrite,
    response: newWebhook,
    statuses: [201],
  },
  listWebhooks: {
    method: 'GET',
    path: '/webhooks',
    action: 'webhook:read',
    resource: fleet,
    summary: 'Who is told of what happens',
    response: z.object({ items: z.array(webhook) }),
    statuses: [200],
  },
  deleteWebhook: {
    method: 'DELETE',
    path: '/webhooks/{webhook_id}',
    action: 'webhook:write',
    resource: fleet,
    summary: 'Tell it nothing more, nor what still waits',
    params,
    response: 'none',
    statuses: [204],
  },
  testWebhook: {
    method: 'POST',
    path: '/webhooks/{webhook_id}/test',
    action: 'webhook:write',
    resource: fleet,
    summary: 'Send it an event of the type webhook.test',
    params,
    response: webhookDelivery,
    statuses: [202],
  },
  listWebhookDeliveries: {
    method: 'GET',
    path: '/webhooks/{webhook_id}/deliveries',
    action: 'webhook:read',
    resource: fleet,
    summary: 'What it was sent and will be sent, newest first',
    params,
    query: pageQuery.extend({
      cursor: z
        .string()
        .regex(/^\d{1,18}$/, 'must be a cursor from the last page')
        .optional(),
    }),
    response: pageOf(webhookDelivery),
    statuses: [200],
  },
} as const satisfies Record<string, Route>;
