/**
 * Routes of the main table, in the running kernel only: the agent applies them again after a reboot.
 *
 * Named by destination. Of several routes to one destination the one that was meant is told by its metric, and else the one
 * that the kernel prefers counts. Attributes beyond gateway, device and metric, as of routes that the kernel makes itself, are
 * not part of the state, so replacing such a route and undoing that gives a plain one back.
 * Throws: `command_failed` with what ip(8) says, as for a gateway that cannot be reached.
 * Source: ip-route(8).
 */
import { type Address, nameOf, type RouteState, type State } from '@guise/model';
import type { Host } from '../../host/host.ts';
import type { Adapter } from '../adapter.ts';

interface LiveRoute {
  readonly dst: string;
  readonly gateway?: string;
  readonly dev?: string;
  readonly metric?: number;
  readonly table?: string;
}

const absent: RouteState = { present: false, via: null, device: null, metric: null };

export const routeAdapter: Adapter = {
  kind: 'route',
  offline: false,

  async observe(asked, { host }) {
    const live = await liveRoutes(host);
    return new Map(
      asked.map(({ address, known }): [Address, State] => [
        address,
        stateOf(live, nameOf(address), known as RouteState | null),
      ]),
    );
  },

  async apply(changes, { host, point, signal }) {
    const live = await liveRoutes(host);
    const lines = changes.flatMap(({ address, before, after }) =>
      linesFor(live, nameOf(address), before as RouteState, after as RouteState),
    );
    if (lines.length === 0) return;
    point('route: before ip');
    await host.run(['ip', '-batch', '-'], { input: lines.join(''), signal });
    point('route: after ip');
  },
};

function stateOf(live: readonly LiveRoute[], destination: string, known: RouteState | null): RouteState {
  const candidates = routesTo(live, destination, known?.via ?? null);
  const chosen = candidates.find((route) => known?.present === true && isMetric(route, known.metric)) ?? candidates[0];
  if (chosen === undefined) return absent;
  return { present: true, via: chosen.gateway ?? null, device: chosen.dev ?? null, metric: chosen.metric ?? null };
}

/** The new route comes first, so that there is always one; it replaces one of its own metric. Then goes what was meant before. */
function linesFor(
  live: readonly LiveRoute[],
  destination: string,
  before: RouteState,
  after: RouteState,
): readonly string[] {
  const candidates = routesTo(live, destination, after.via ?? before.via);
  if (after.present && candidates.some((route) => fits(route, after))) return [];
  const isObsolete = (route: LiveRoute): boolean =>
    !after.present || (before.present && isMetric(route, before.metric) && !isMetric(route, after.metric));
  const removals = candidates
    .filter(isObsolete)
    .map((route) => `route del ${words(destination, route.gateway, route.dev, route.metric)}\n`);
  if (!after.present) return removals;
  return [`route replace ${words(destination, after.via, after.device, after.metric)}\n`, ...removals];
}

function words(destination: string, via?: string | null, device?: string | null, metric?: number | null): string {
  const parts = [destination];
  if (via != null) parts.push('via', via);
  if (device != null) parts.push('dev', device);
  if (metric != null) parts.push('metric', String(metric));
  return parts.join(' ');
}

/** Best first. `default` is of the family of its gateway, and of IPv4 without one. */
function routesTo(live: readonly LiveRoute[], destination: string, via: string | null): readonly LiveRoute[] {
  const family = familyOf(destination, via);
  return live
    .filter(
      (route) =>
        route.dst === destination &&
        (destination !== 'default' || familyOf(route.dst, route.gateway ?? null) === family),
    )
    .sort((a, b) => (a.metric ?? 0) - (b.metric ?? 0));
}

function fits(route: LiveRoute, { via, device, metric }: RouteState): boolean {
  return (route.gateway ?? null) === via && (device === null || route.dev === device) && isMetric(route, metric);
}

function isMetric(route: LiveRoute, metric: number | null): boolean {
  return (route.metric ?? 0) === (metric ?? 0);
}

function familyOf(destination: string, via: string | null): 4 | 6 {
  return (via ?? destination).includes(':') ? 6 : 4;
}

/** `table all` is the only way to have both families in one answer; the main table's routes are those that name none. */
async function liveRoutes(host: Host): Promise<readonly LiveRoute[]> {
  const { stdout } = await host.run(['ip', '-json', 'route', 'show', 'table', 'all'], { reads: true });
  return (JSON.parse(stdout) as readonly LiveRoute[]).filter(({ table }) => table === undefined || table === 'main');
}
