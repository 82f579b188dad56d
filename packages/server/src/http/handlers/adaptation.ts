import type { CloudEvent } from '@guise/model';
import { limits } from '@guise/model';
import { targetOf } from '../../app/event-routes.ts';
import { createHold, releaseHold } from '../../app/holds.ts';
import { requireHost } from '../../app/hosts.ts';
import { postEvents } from '../../app/post-events.ts';
import type { Resource } from '../../permissions/resource.ts';
import { wholeFleet } from '../../permissions/resource.ts';
import { findAdaptation } from '../../store/adaptations.ts';
import { listAlerts } from '../../store/alerts.ts';
import type { Handlers } from '../handler.ts';
import type { HandlerParts } from './index.ts';

type Names = 'postEvents' | 'listAlerts' | 'listHolds' | 'createHold' | 'deleteHold';

export function adaptationHandlers({
  database,
  ask,
  metrics,
  rates,
  permissions,
}: HandlerParts): Pick<Handlers, Names> {
  return {
    postEvents: async ({ body, caller }) => {
      const events = [body].flat();
      await permissions.require(caller, resourcesOfEvents(events));
      rates.charge(caller.actor, events.length - 1, Date.now());
      const { receipt, deliveries } = await postEvents(database, caller, events);
      rates.charge(caller.actor, Math.floor(deliveries / limits.eventHostsPerUnit), Date.now());
      metrics.add('guise_events_accepted_total', receipt.accepted);
      metrics.add('guise_events_duplicate_total', receipt.duplicates);
      return receipt;
    },
    listAlerts: async ({ query: { active, ...filter }, caller }) => {
      const page = await listAlerts(database, {
        ...filter,
        active: active === undefined ? undefined : active === 'true',
      });
      const items = await permissions.visible(caller, page.items, ({ host_id }) => ({ type: 'Host', id: host_id }));
      return { ...page, items };
    },
    listHolds: async ({ params }) => {
      await requireHost(database, params.host_id);
      const { holds, reported_at } = await findAdaptation(database, params.host_id, Date.now());
      return { holds: [...holds], reported_at };
    },
    createHold: ({ params, body, caller }) => createHold({ database, ask }, caller, params.host_id, body),
    deleteHold: ({ params, caller }) => releaseHold({ database, ask }, caller, params.host_id, params.hold_id),
  };
}

/** One for each different target. */
function resourcesOfEvents(events: readonly CloudEvent[]): readonly Resource[] {
  const resources = events.map((event) => resourceOfScope(targetOf(event)));
  return [...new Map(resources.map((resource) => [`${resource.type} ${resource.id}`, resource])).values()];
}

function resourceOfScope(scope: ReturnType<typeof targetOf>): Resource {
  if (scope === null) return wholeFleet;
  if ('hosts' in scope) return { type: 'Host', id: scope.hosts[0] ?? '' };
  if ('group' in scope) return { type: 'HostGroup', id: scope.group };
  return 'tag' in scope ? { type: 'Tag', id: scope.tag } : wholeFleet;
}
