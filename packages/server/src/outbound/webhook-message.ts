/**
 * What a webhook is sent: a CloudEvent as structured JSON, signed.
 *
 * The id and the body are the same at every attempt; the timestamp, and with it the signature, is of the attempt.
 * Source: CloudEvents 1.0.2, HTTP Protocol Binding 3.2 (structured mode); Standard Webhooks 1.0, "Signature scheme" and "Webhook headers".
 */
import { createHmac, randomBytes } from 'node:crypto';
import type { Json } from '@guise/model';

/** 24 to 64 bytes are allowed. */
const secretBytes = 32;
const secretPrefix = 'whsec_';

export interface Happened {
  readonly eventId: string;
  readonly type: string;
  readonly subject: string;
  readonly at: Date;
  readonly data: Json | null;
}

export function newWebhookSecret(): string {
  return `${secretPrefix}${randomBytes(secretBytes).toString('base64')}`;
}

/** `source`: which control plane it is, a URI reference. */
export function webhookBody(source: string, { eventId, type, subject, at, data }: Happened): string {
  return JSON.stringify({
    specversion: '1.0',
    id: eventId,
    source,
    type,
    subject,
    time: at.toISOString(),
    ...(data === null ? {} : { datacontenttype: 'application/json', data }),
  });
}

export interface Signing {
  readonly secret: string;
  readonly deliveryId: string;
  readonly atMs: number;
}

export function webhookHeaders(body: string, { secret, deliveryId, atMs }: Signing): Record<string, string> {
  const timestamp = String(Math.floor(atMs / 1000));
  const key = Buffer.from(secret.slice(secretPrefix.length), 'base64');
  const signature = createHmac('sha256', key).update(`${deliveryId}.${timestamp}.${body}`).digest('base64');
  return {
    'content-type': 'application/cloudevents+json; charset=utf-8',
    'user-agent': 'guise',
    'webhook-id': deliveryId,
    'webhook-timestamp': timestamp,
    'webhook-signature': `v1,${signature}`,
  };
}
