/** What makes hosts adapt themselves, and what they say when something is wrong. */
import { limits } from '@guise/model';
import { z } from 'zod';
import { alert, eventReceipt, hold, holdList, holdRequest, postedEvents } from '../schemas/adaptation.ts';
import { hostId } from '../schemas/ids.ts';
import { pageOf, pageQuery } from '../schemas/page.ts';
import type { Route } from './route.ts';

const hostParams = z.strictObject({ host_id: hostId });

export const adaptationRoutes = {
  postEvents: {
    method: 'POST',
    path: '/events',
    action: 'event:post',
    resource: { of: 'handler', types: ['Fleet', 'Host', 'Tag', 'HostGroup'] },
    summary: 'Pass on CloudEvents to the hosts with a persona that waits for them, or to those that they name',
    body: postedEvents,
    events: true,
    bodyBytes: limits.eventsBodyBytes,
    response: eventReceipt,
    statuses: [202],
  },
  listAlerts: {
    method: 'GET',
    path: '/alerts',
    action: 'alert:read',
    resource: { of: 'list', types: ['Host'] },
    summary: 'What hosts say that a person should know, newest first',
    query: pageQuery.extend({
      cursor: z
        .string()
        .regex(/^\d{1,18}$/, 'must be a cursor from the last page')
        .optional(),
      host_id: hostId.optional(),
      /** Whether it lasts. */
      active: z.enum(['true', 'false']).optional(),
    }),
    response: pageOf(alert),
    statuses: [200],
  },
  listHolds: {
    method: 'GET',
    path: '/hosts/{host_id}/holds',
    action: 'host:read',
    resource: { of: 'params', type: 'Host', name: 'host_id' },
    summary: 'Decisions of people that outrank triggers on a host now, as it last reported them',
    params: hostParams,
    response: holdList,
    statuses: [200],
  },
  createHold: {
    method: 'POST',
    path: '/hosts/{host_id}/holds',
    action: 'host:hold',
    resource: { of: 'params', type: 'Host', name: 'host_id' },
    summary: 'Keep a persona active or inactive on a host for a time, whatever its triggers say',
    params: hostParams,
    body: holdRequest,
    response: hold,
    statuses: [201],
  },
  deleteHold: {
    method: 'DELETE',
    path: '/hosts/{host_id}/holds/{hold_id}',
    action: 'host:hold',
    resource: { of: 'params', type: 'Host', name: 'host_id' },
    summary: 'End a hold before its time',
    params: hostParams.extend({ hold_id: z.string().min(1).max(64) }),
    response: 'none',
    statuses: [204],
  },
} as const satisfies Record<string, Route>;
