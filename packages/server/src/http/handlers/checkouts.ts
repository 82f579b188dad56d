import {
  checkIn,
  checkoutResultsOf,
  describeCheckout,
  describeCheckouts,
  extendCheckout,
  viewOf,
} from '../../app/checkouts.ts';
import { requestCheckout } from '../../app/request-checkout.ts';
import type { Handlers } from '../handler.ts';
import type { HandlerParts } from './index.ts';

type Names = 'requestCheckout' | 'listCheckouts' | 'getCheckout' | 'extendCheckout' | 'checkIn' | 'getCheckoutResults';

export function checkoutHandlers({ database, permissions, providers }: HandlerParts): Pick<Handlers, Names> {
  return {
    requestCheckout: async ({ body, caller }) =>
      viewOf(database, await requestCheckout({ database, permissions, providers }, caller, body)),
    listCheckouts: async ({ query: { host_id: hostId, ended, ...page }, caller }) => {
      const found = await describeCheckouts(database, { ...page, hostId, withEnded: ended === 'true' });
      const items = await permissions.visible(caller, found.items, ({ checkout_id: id }) => ({ type: 'Checkout', id }));
      return { ...found, items };
    },
    getCheckout: ({ params }) => describeCheckout(database, params.checkout_id),
    extendCheckout: ({ params, body, caller }) => extendCheckout(database, caller, params.checkout_id, body.for),
    checkIn: ({ params, caller }) => checkIn(database, caller, params.checkout_id),
    getCheckoutResults: ({ params }) => checkoutResultsOf(database, params.checkout_id),
  };
}
