import { requireHost } from '../../app/hosts.ts';
import { planHost } from '../../app/plan-host.ts';
import { findAdaptation } from '../../store/adaptations.ts';
import { findState, listHistory } from '../../store/reports.ts';
import type { Handlers } from '../handler.ts';
import type { HandlerParts } from './index.ts';

type Names = 'getHostState' | 'getHostPlan' | 'getHostHistory' | 'getHostWhy' | 'getHostDrift';

export function hostReportHandlers({ database, trust, vault, ask }: HandlerParts): Pick<Handlers, Names> {
  return {
    getHostState: async ({ params }) => {
      await requireHost(database, params.host_id);
      const { candidates, holds } = await findAdaptation(database, params.host_id, Date.now());
      return { ...(await findState(database, params.host_id)), candidates: [...candidates], holds: [...holds] };
    },
    getHostPlan: ({ params }) => planHost({ database, trust, vault, ask }, params.host_id),
    getHostHistory: async ({ params, query }) => {
      await requireHost(database, params.host_id);
      return listHistory(database, params.host_id, query);
    },
    getHostWhy: ({ params, query }) => ask(params.host_id, { ask: 'why', address: query.address }),
    getHostDrift: async ({ params }) => ({ drift: await ask(params.host_id, { ask: 'drift' }) }),
  };
}
