import { defineCommand } from '../command.ts';
import { checkoutNamed, printCheckout } from '../remote/checkouts.ts';
import { openClient } from '../remote/open-client.ts';
import { serverOptions } from '../remote/server-options.ts';

export const checkoutShow = defineCommand({
  operands: [{ name: 'CHECKOUT', kind: 'checkout' }],
  options: serverOptions,
  notes: ['CHECKOUT is its id, or the host that it has.'],
  examples: [{ line: 'guise checkout show h1', why: 'who has h1, as what, until when, and how to reach it' }],
  async run(context, { operands: [text = ''], options }) {
    const client = openClient(context, options);
    const checkout_id = await checkoutNamed(client, text);
    printCheckout(context, await client.getCheckout({ params: { checkout_id } }));
    return 0;
  },
});
