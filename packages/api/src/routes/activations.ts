/** Drawing from a pool: an idle host becomes what is needed, and waits again when it is needed no more. */
import { z } from 'zod';
import { name } from '../schemas/ids.ts';
import { pageOf, pageQuery } from '../schemas/page.ts';
import { activation, activationTerms } from '../schemas/pool.ts';
import type { Route } from './route.ts';

const poolParams = z.strictObject({ pool_id: name });
const params = z.strictObject({ activation_id: z.uuid() });

export const activationRoutes = {
  createActivation: {
    method: 'POST',
    path: '/pools/{pool_id}/activations',
    action: 'pool:activate',
    // With the persona that the body names beside it.
    resource: { of: 'handler', types: ['Pool'] },
    summary: 'Put the closest fitting idle host of a pool into service as a persona',
    params: poolParams,
    body: activationTerms,
    response: activation,
    statuses: [201],
  },
  listActivations: {
    method: 'GET',
    path: '/pools/{pool_id}/activations',
    action: 'pool:read',
    resource: { of: 'params', type: 'Pool', name: 'pool_id' },
    summary: 'What was drawn from a pool, newest first',
    params: poolParams,
    query: pageQuery.extend({
      cursor: z
        .string()
        .regex(/^\d{1,18}$/, 'must be a cursor from the last page')
        .optional(),
      /** Only what is not over. */
      open: z.enum(['true']).optional(),
    }),
    response: pageOf(activation),
    statuses: [200],
  },
  getActivation: {
    method: 'GET',
    path: '/activations/{activation_id}',
    action: 'pool:read',
    resource: { of: 'handler', types: ['Pool'] },
    summary: 'One activation: where it is, and why not elsewhere',
    params,
    response: activation,
    statuses: [200],
  },
  deleteActivation: {
    method: 'DELETE',
    path: '/activations/{activation_id}',
    action: 'pool:activate',
    resource: { of: 'handler', types: ['Pool'] },
    summary: 'Take an activation away; its host is as before, and idle when nothing else is activated on it',
    params,
    response: activation,
    statuses: [202],
  },
} as const satisfies Record<string, Route>;
