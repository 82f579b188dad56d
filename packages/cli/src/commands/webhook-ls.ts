import { defineCommand } from '../command.ts';
import { printJson } from '../print-json.ts';
import { openClient } from '../remote/open-client.ts';
import { serverOptions } from '../remote/server-options.ts';
import { table } from '../render/table.ts';
import { deliveryText } from '../render/webhooks.ts';

export const webhookLs = defineCommand({
  operands: [{ name: 'WEBHOOK', kind: 'webhook', optional: true }],
  options: serverOptions,
  notes: ['With WEBHOOK: what it was sent last and will be sent.'],
  examples: [
    { line: 'guise webhook ls', why: 'who is told of what' },
    { line: 'guise webhook ls 7f9c24e8-3b12-4fef-91e0-3d1b2a4f5c6d', why: 'what became of the last events' },
  ],
  async run(context, { operands: [webhookId], options }) {
    const client = openClient(context, options);
    if (webhookId !== undefined) {
      const { items } = await client.listWebhookDeliveries({ params: { webhook_id: webhookId } });
      if (context.json) printJson(context, { deliveries: items });
      else {
        const rows = items.map((each) => [each.happened_at, each.type, each.subject, deliveryText(each)]);
        for (const line of table(['happened', 'type', 'subject', 'delivery'], rows, context.out))
          context.out.line(line);
      }
      return 0;
    }
    const { items } = await client.listWebhooks();
    if (context.json) printJson(context, { webhooks: items });
    else {
      const rows = items.map(({ webhook_id, url, types, created_by, disabled_at }) => [
        webhook_id,
        url,
        types.join(' '),
        created_by,
        disabled_at === null ? '' : `wants no more since ${disabled_at}`,
      ]);
      const nothing = 'Nobody is told of anything yet: guise webhook new URL TYPE';
      for (const line of table(['webhook', 'url', 'types', 'by', ''], rows, context.out, nothing))
        context.out.line(line);
    }
    return 0;
  },
});
