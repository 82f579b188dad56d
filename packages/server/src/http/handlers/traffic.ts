import { durationMs } from '@guise/model';
import { getTraffic, listTraffic, removeTraffic, setTraffic, type TrafficView, turnHost } from '../../app/traffic.ts';
import type { TrafficState } from '../../drivers/traffic/traffic.ts';
import type { Handlers } from '../handler.ts';
import type { HandlerParts } from './index.ts';

type Names = 'listTraffic' | 'getTraffic' | 'putTraffic' | 'deleteTraffic' | 'drainHost' | 'restoreHost';

export function trafficHandlers(parts: HandlerParts): Pick<Handlers, Names> {
  return {
    listTraffic: async ({ query }) => ({ items: (await listTraffic(parts, query.live === 'true')).map(bodyOf) }),
    getTraffic: async ({ params, query }) => bodyOf(await getTraffic(parts, params.name, query.live === 'true')),
    putTraffic: async ({ params, body, caller }) =>
      bodyOf({ configured: await setTraffic(parts, caller, params.name, body), live: null }),
    deleteTraffic: ({ params, caller }) => removeTraffic(parts, caller, params.name),
    drainHost: async ({ params, body, caller }) =>
      stateOf(
        await turnHost(parts, caller, {
          name: params.name,
          hostId: params.host_id,
          to: 'drained',
          deadlineMs: durationMs(body.deadline),
        }),
      ),
    restoreHost: async ({ params, body, caller }) =>
      stateOf(
        await turnHost(parts, caller, {
          name: params.name,
          hostId: params.host_id,
          to: 'serving',
          deadlineMs: durationMs(body.deadline),
        }),
      ),
  };
}

function bodyOf({ configured, live }: TrafficView) {
  return {
    ...configured,
    live: live?.map(({ state, ...host }) => ({ ...host, state: state === null ? null : stateOf(state) })) ?? null,
  };
}

function stateOf({ isServing, underWay }: TrafficState) {
  return { is_serving: isServing, under_way: underWay };
}
