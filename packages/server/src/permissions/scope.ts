/**
 * What a token is limited to, on top of what its roles permit.
 *
 * A limit on hosts or tags leaves nothing but those hosts, those tags and the hosts that have them; one on personas leaves nothing
 * but those. A token with either does nothing to the fleet as a whole, to tokens, roles or policies. Everybody may ask who he is.
 */
import type { ResourceType } from '@guise/api';
import type { TokenScope } from './principal.ts';
import type { Facts, Resource } from './resource.ts';

const aboutHosts: readonly ResourceType[] = ['Host', 'Tag', 'HostGroup', 'Pool', 'Checkout'];
const aboutPersonas: readonly ResourceType[] = ['Persona', 'PersonaGroup'];

export function scopeAllows(
  scope: TokenScope | null,
  action: string,
  resource: Facts,
  persona: Resource | null,
): boolean {
  if (scope === null || isAboutOneself(action)) return true;
  if (!scopeAllowsAction(scope, action)) return false;
  const { personas } = scope;
  if (persona !== null && personas !== undefined && !has(personas, persona.id)) return false;
  if (!isLimited(scope)) return true;
  if (aboutHosts.includes(resource.type)) return limitsHosts(scope) ? isAmong(scope, resource) : true;
  if (aboutPersonas.includes(resource.type)) {
    return personas === undefined || (resource.type === 'Persona' && has(personas, resource.id));
  }
  return false;
}

export function scopeAllowsAction(scope: TokenScope | null, action: string): boolean {
  return scope?.actions === undefined || isAboutOneself(action) || has(scope.actions, action);
}

/** Whether some resource of the type may be outside of it. */
export function scopeLimits(scope: TokenScope | null, type: ResourceType): boolean {
  if (scope === null || !isLimited(scope)) return false;
  if (aboutHosts.includes(type)) return limitsHosts(scope);
  return aboutPersonas.includes(type) ? scope.personas !== undefined : true;
}

/** Whether what the inner scope allows is certainly allowed by the outer. */
export function isWithin(inner: TokenScope | null, outer: TokenScope | null): boolean {
  if (outer === null) return true;
  const parts = ['actions', 'personas'] as const;
  if (!parts.every((part) => outer[part] === undefined || isPart(inner?.[part], outer[part]))) return false;
  if (!limitsHosts(outer)) return true;
  if (inner === null || !limitsHosts(inner)) return false;
  return (['hosts', 'tags'] as const).every((part) =>
    (inner[part] ?? []).every((item) => has(outer[part] ?? [], item)),
  );
}

function isAmong({ hosts = [], tags = [] }: TokenScope, { type, id, parents }: Facts): boolean {
  if (type === 'Host') {
    return has(hosts, id) || parents.some((parent) => parent.type === 'Tag' && has(tags, parent.id));
  }
  if (type === 'Checkout') {
    return parents.some(
      (parent) => (parent.type === 'Host' && has(hosts, parent.id)) || (parent.type === 'Tag' && has(tags, parent.id)),
    );
  }
  return type === 'Tag' && has(tags, id);
}

function isLimited(scope: TokenScope): boolean {
  return limitsHosts(scope) || scope.personas !== undefined;
}

function limitsHosts({ hosts, tags }: TokenScope): boolean {
  return hosts !== undefined || tags !== undefined;
}

function isAboutOneself(action: string): boolean {
  return action.startsWith('session:');
}

function isPart(inner: readonly string[] | undefined, outer: readonly string[]): boolean {
  return inner?.every((item) => has(outer, item)) ?? false;
}

function has(items: readonly string[], item: string): boolean {
  return items.includes(item);
}
