/** What a host says of itself: `state` and `history` as last reported, `plan`, `why` and `drift` asked of the agent while the caller waits. */
import { z } from 'zod';
import { candidateReport, hold } from '../schemas/adaptation.ts';
import { address, hostId, time } from '../schemas/ids.ts';
import { pageOf, pageQuery } from '../schemas/page.ts';
import { planReport } from '../schemas/plan.ts';
import { driftReport, stateReport, transactionReport, whyReport } from '../schemas/report.ts';
import type { Route } from './route.ts';

const params = z.strictObject({ host_id: hostId });

export const hostReportRoutes = {
  getHostState: {
    method: 'GET',
    path: '/hosts/{host_id}/state',
    action: 'host:read',
    resource: { of: 'params', type: 'Host', name: 'host_id' },
    summary: 'The state that a host last reported, and when; null before the first report',
    params,
    response: z.object({
      reported_at: time.nullable(),
      state: stateReport.nullable(),
      /** What may be active there, and why it is or is not. */
      candidates: z.array(candidateReport),
      /** Those that have not ended. */
      holds: z.array(hold),
    }),
    statuses: [200],
  },
  getHostPlan: {
    method: 'GET',
    path: '/hosts/{host_id}/plan',
    action: 'host:read',
    resource: { of: 'params', type: 'Host', name: 'host_id' },
    summary: 'What the host would change now to become what is desired of it',
    params,
    response: planReport,
    statuses: [200],
  },
  getHostHistory: {
    method: 'GET',
    path: '/hosts/{host_id}/history',
    action: 'host:read',
    resource: { of: 'params', type: 'Host', name: 'host_id' },
    summary: 'Transactions of a host, newest first',
    params,
    query: pageQuery,
    response: pageOf(transactionReport),
    statuses: [200],
  },
  getHostWhy: {
    method: 'GET',
    path: '/hosts/{host_id}/why',
    action: 'host:read',
    resource: { of: 'params', type: 'Host', name: 'host_id' },
    summary: 'Why one address has the value it has',
    params,
    query: z.strictObject({ address }),
    response: whyReport,
    statuses: [200],
  },
  getHostDrift: {
    method: 'GET',
    path: '/hosts/{host_id}/drift',
    action: 'host:read',
    resource: { of: 'params', type: 'Host', name: 'host_id' },
    summary: 'Where a host differs from its effective state by someone else’s hand',
    params,
    response: z.object({ drift: z.array(driftReport) }),
    statuses: [200],
  },
} as const satisfies Record<string, Route>;
