/** What a host may of the routes for people: read what is said of itself. All else, and all of other hosts, is refused. */
import type { Route } from '@guise/api';
import type { HostId } from '@guise/model';

export function hostMayRead(
  route: Pick<Route, 'method' | 'action'>,
  hostId: HostId,
  params: { readonly host_id?: string },
): boolean {
  return route.method === 'GET' && route.action === 'host:read' && params.host_id === hostId;
}
