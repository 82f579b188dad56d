import { defineCommand } from '../command.ts';
import { printJson } from '../print-json.ts';
import { openClient } from '../remote/open-client.ts';
import { serverOptions } from '../remote/server-options.ts';

export const webhookNew = defineCommand({
  operands: [
    { name: 'URL', kind: 'text' },
    { name: 'TYPE', kind: 'text', repeated: true },
  ],
  options: serverOptions,
  notes: [
    'TYPE is the type of an event, such as checkout.ready, or checkout.* or *. Each is sent as a CloudEvent, signed as Standard Webhooks says with the secret that is printed; it is told this once.',
    'The URL must be https at a public address, or within guise server --allow-outbound. Redirects are not followed.',
  ],
  examples: [
    { line: 'guise webhook new https://hooks.example.com/guise checkout.* alert.*', why: 'checkouts and alerts' },
  ],
  async run(context, { operands: [url = '', ...types], options }) {
    const made = await openClient(context, options).createWebhook({ body: { url, types } });
    if (context.json) printJson(context, made);
    else {
      context.out.line(made.secret);
      context.err.line(context.err.style.quiet(`The secret of webhook ${made.webhook_id}, told this once.`));
    }
    return 0;
  },
});
