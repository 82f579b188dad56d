import { setTimeout as sleep } from 'node:timers/promises';
import { limits } from '@guise/model';
import { defineCommand } from '../command.ts';
import { printJson } from '../print-json.ts';
import { openClient } from '../remote/open-client.ts';
import { serverOptions } from '../remote/server-options.ts';
import { deliveryText } from '../render/webhooks.ts';

const pollMs = 100;

export const webhookTest = defineCommand({
  operands: [{ name: 'WEBHOOK', kind: 'webhook' }],
  options: serverOptions,
  notes: [
    'Sends an event of the type webhook.test and waits for the first attempt. Exit code 1 when that failed; it is tried again all the same.',
  ],
  examples: [
    {
      line: 'guise webhook test 7f9c24e8-3b12-4fef-91e0-3d1b2a4f5c6d',
      why: 'whether its receiver takes what it is sent',
    },
  ],
  async run(context, { operands: [webhookId = ''], options }) {
    const client = openClient(context, options);
    const params = { webhook_id: webhookId };
    let delivery = await client.testWebhook({ params });
    const { delivery_id } = delivery;
    // An attempt that is under way counts already, and tells nothing yet.
    for (const endsAt = performance.now() + limits.requestTimeoutMs; performance.now() < endsAt; await sleep(pollMs)) {
      const { items } = await client.listWebhookDeliveries({ params });
      delivery = items.find((each) => each.delivery_id === delivery_id) ?? delivery;
      if (delivery.state !== 'waiting' || delivery.error !== null) break;
    }
    if (context.json) printJson(context, delivery);
    else context.out.line(deliveryText(delivery));
    return delivery.state === 'delivered' ? 0 : 1;
  },
});
