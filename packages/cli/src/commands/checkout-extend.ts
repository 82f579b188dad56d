import { GuiseError } from '@guise/model';
import { defineCommand } from '../command.ts';
import { checkoutNamed, printCheckout } from '../remote/checkouts.ts';
import { openClient } from '../remote/open-client.ts';
import { serverOptions } from '../remote/server-options.ts';

export const checkoutExtend = defineCommand({
  operands: [{ name: 'CHECKOUT', kind: 'checkout' }],
  options: {
    for: { type: 'string', value: 'DURATION', summary: 'How much longer than now agreed, such as 1h' },
    ...serverOptions,
  },
  notes: ['CHECKOUT is its id, or the host that it has. It is refused where somebody else has booked the host.'],
  examples: [{ line: 'guise checkout extend h1 --for 1h', why: 'an hour more, unless somebody has booked h1' }],
  async run(context, { operands: [text = ''], options }) {
    const client = openClient(context, options);
    if (options.for === undefined)
      throw new GuiseError('argument_invalid', 'Cannot extend a checkout without --for: say how much longer');
    const checkout_id = await checkoutNamed(client, text);
    return printCheckout(context, await client.extendCheckout({ params: { checkout_id }, body: { for: options.for } }));
  },
});
