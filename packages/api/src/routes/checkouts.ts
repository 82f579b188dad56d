/** Hosts that are borrowed: asked for, had, and given back exactly as they were. */
import { z } from 'zod';
import { checkout, checkoutCursor, checkoutExtension, checkoutRequest, checkoutResults } from '../schemas/checkout.ts';
import { hostId } from '../schemas/ids.ts';
import { pageOf, pageQuery } from '../schemas/page.ts';
import type { Route } from './route.ts';

const params = z.strictObject({ checkout_id: z.uuid() });
const onOne = { of: 'params', type: 'Checkout', name: 'checkout_id' } as const;

export const checkoutRoutes = {
  requestCheckout: {
    method: 'POST',
    path: '/checkouts',
    action: 'checkout:request',
    resource: { of: 'handler', types: ['Host'] },
    summary: 'Borrow a host, now or later; 409 with who has it when it is not free and nobody wants to wait',
    body: checkoutRequest,
    response: checkout,
    statuses: [201],
  },
  listCheckouts: {
    method: 'GET',
    path: '/checkouts',
    action: 'checkout:read',
    resource: { of: 'list', types: ['Checkout'] },
    summary: 'Checkouts, newest first; those that are over only when asked for',
    query: pageQuery.extend({
      cursor: checkoutCursor.optional(),
      host_id: hostId.optional(),
      ended: z.enum(['true', 'false']).default('false'),
    }),
    response: pageOf(checkout),
    statuses: [200],
  },
  getCheckout: {
    method: 'GET',
    path: '/checkouts/{checkout_id}',
    action: 'checkout:read',
    resource: onOne,
    summary: 'Where a checkout stands, and how to reach its host',
    params,
    response: checkout,
    statuses: [200],
  },
  extendCheckout: {
    method: 'POST',
    path: '/checkouts/{checkout_id}/extend',
    action: 'checkout:extend',
    resource: onOne,
    summary: 'Keep the host longer, at most until somebody else has booked it',
    params,
    body: checkoutExtension,
    response: checkout,
    statuses: [200],
  },
  checkIn: {
    method: 'POST',
    path: '/checkouts/{checkout_id}/checkin',
    action: 'checkout:checkin',
    resource: onOne,
    summary: 'Give the host back: it becomes what it was. Again for one that is quarantined; more often does nothing',
    params,
    response: checkout,
    statuses: [202],
  },
  getCheckoutResults: {
    method: 'GET',
    path: '/checkouts/{checkout_id}/results',
    action: 'checkout:read',
    resource: onOne,
    summary: 'What the tests of a checkout’s persona said',
    params,
    response: checkoutResults,
    statuses: [200],
  },
} as const satisfies Record<string, Route>;
