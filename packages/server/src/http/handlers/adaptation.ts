import { limits } from '@guise/model';
import { createHold, releaseHold } from '../../app/holds.ts';
import { requireHost } from '../../app/hosts.ts';
import { postEvents } from '../../app/post-events.ts';
import { findAdaptation } from '../../store/adaptations.ts';
import { listAlerts } from '../../store/alerts.ts';
import type { Handlers } from '../handler.ts';
import type { HandlerParts } from './index.ts';

type Names = 'postEvents' | 'listAlerts' | 'listHolds' | 'createHold' | 'deleteHold';

export function adaptationHandlers({ database, ask, metrics, rates }: HandlerParts): Pick<Handlers, Names> {
  return {
    postEvents: async ({ body, caller }) => {
      const events = [body].flat();
      rates.charge(caller.actor, events.length - 1, Date.now());
      const { receipt, deliveries } = await postEvents(database, caller, events);
      rates.charge(caller.actor, Math.floor(deliveries / limits.eventHostsPerUnit), Date.now());
      metrics.add('guise_events_accepted_total', receipt.accepted);
      metrics.add('guise_events_duplicate_total', receipt.duplicates);
      return receipt;
    },
    listAlerts: ({ query: { active, ...filter } }) =>
      listAlerts(database, { ...filter, active: active === undefined ? undefined : active === 'true' }),
    listHolds: async ({ params }) => {
      await requireHost(database, params.host_id);
      const { holds, reported_at } = await findAdaptation(database, params.host_id, Date.now());
      return { holds: [...holds], reported_at };
    },
    createHold: ({ params, body, caller }) => createHold({ database, ask }, caller, params.host_id, body),
    deleteHold: ({ params, caller }) => releaseHold({ database, ask }, caller, params.host_id, params.hold_id),
  };
}
