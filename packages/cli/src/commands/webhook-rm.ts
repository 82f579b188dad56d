import { defineCommand } from '../command.ts';
import { printJson } from '../print-json.ts';
import { openClient } from '../remote/open-client.ts';
import { serverOptions } from '../remote/server-options.ts';

export const webhookRm = defineCommand({
  operands: [{ name: 'WEBHOOK', kind: 'webhook' }],
  options: serverOptions,
  examples: [
    { line: 'guise webhook rm 7f9c24e8-3b12-4fef-91e0-3d1b2a4f5c6d', why: 'also what still waits is not sent' },
  ],
  async run(context, { operands: [webhookId = ''], options }) {
    await openClient(context, options).deleteWebhook({ params: { webhook_id: webhookId } });
    if (context.json) printJson(context, { webhook_id: webhookId, removed: true });
    else context.out.line(`${webhookId} is removed`);
    return 0;
  },
});
