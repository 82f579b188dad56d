import { defineCommand } from '../command.ts';
import { printJson } from '../print-json.ts';
import { checkoutNamed } from '../remote/checkouts.ts';
import { openClient } from '../remote/open-client.ts';
import { serverOptions } from '../remote/server-options.ts';

export const checkoutResults = defineCommand({
  operands: [{ name: 'CHECKOUT', kind: 'checkout' }],
  options: serverOptions,
  notes: ['CHECKOUT is its id, or the host that it has. Results are JSON, and stay when the host is given back.'],
  examples: [{ line: 'guise checkout results h1', why: 'what the tests on h1 said' }],
  async run(context, { operands: [text = ''], options }) {
    const client = openClient(context, options);
    const checkout_id = await checkoutNamed(client, text);
    printJson(context, await client.getCheckoutResults({ params: { checkout_id } }));
    return 0;
  },
});
