import { defineCommand } from '../command.ts';
import { awaitCheckout, checkoutNamed, isWaiting, printCheckout, waitingOptions } from '../remote/checkouts.ts';
import { openClient } from '../remote/open-client.ts';
import { serverOptions } from '../remote/server-options.ts';

export const checkin = defineCommand({
  operands: [{ name: 'CHECKOUT', kind: 'checkout' }],
  options: { ...waitingOptions, ...serverOptions },
  notes: [
    'CHECKOUT is its id, or the host that it has. Of a quarantined host it is another try to bring it back.',
    'Exit code: 0 the host is as it was, 1 it never was ready, 4 it is not as it was, and quarantined.',
  ],
  examples: [{ line: 'guise checkin h1', why: 'h1 becomes what it was, and works again' }],
  async run(context, { operands: [text = ''], options }) {
    const client = openClient(context, options);
    const checkout_id = await checkoutNamed(client, text);
    const asked = await client.checkIn({ params: { checkout_id } });
    if (!isWaiting(context, options)) return printCheckout(context, asked);
    return printCheckout(context, await awaitCheckout(context, client, asked, 'ended'));
  },
});
