/** Who is told of what happens, and what became of the telling. */
import { limits } from '@guise/model';
import { z } from 'zod';
import { time } from './ids.ts';

export const webhookId = z.uuid();

const typePattern = z
  .string()
  .max(128)
  .regex(
    /^(\*|[a-z_]+(\.[a-z_]+)*(\.\*)?)$/,
    'must be the type of an event such as "checkout.ready", or "checkout.*" or "*"',
  );

const url = z
  .url({ protocol: /^https?$/, error: 'must be a URL with https' })
  .max(2048)
  .refine((text) => !/[@#]|[\p{Cc}\s]/u.test(text), 'must have no account, fragment or space');

export const webhookWrite = z
  .strictObject({ url, types: z.array(typePattern).min(1).max(limits.webhookTypes) })
  .meta({ id: 'WebhookWrite' });

const fields = {
  webhook_id: webhookId,
  url: z.string(),
  types: z.array(z.string()),
  created_by: z.string(),
  created_at: time,
  /** Since when its receiver wants no more. */
  disabled_at: time.nullable(),
};

export const webhook = z.object(fields).meta({ id: 'Webhook' });

/** The secret is told this once. */
export const newWebhook = z.object({ ...fields, secret: z.string() }).meta({ id: 'NewWebhook' });

export const webhookDelivery = z
  .object({
    /** The `webhook-id` of every attempt. */
    delivery_id: z.uuid(),
    /** The `id` of the CloudEvent, the same for every webhook. */
    event_id: z.uuid(),
    type: z.string(),
    subject: z.string(),
    state: z.enum(['waiting', 'delivered', 'failed']),
    attempts: z.int(),
    happened_at: time,
    /** Of the next attempt. */
    due_at: time.nullable(),
    ended_at: time.nullable(),
    /** Of the last attempt. */
    status: z.int().nullable(),
    error: z.string().nullable(),
  })
  .meta({ id: 'WebhookDelivery' });
