/** Every route says what it does and on what; every message of an agent's connection, too. */

import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { agentMessage } from '../wire/agent-message.ts';
import { agentMessageActions, serverMessageActions } from '../wire/message-actions.ts';
import { serverMessage } from '../wire/server-message.ts';
import { actions, hostActions } from './action.ts';
import { routes } from './index.ts';
import { resourceTypes } from './resource.ts';
import type { Route } from './route.ts';

const named = Object.entries<Route>(routes);

/** What a route must have, as something that a route made elsewhere, or by a cast, could lack. */
function faultsOf(route: Partial<Route>): string[] {
  const faults: string[] = [];
  if (!actions.some((action) => action === route.action)) faults.push('no action');
  const { resource } = route;
  if (resource === undefined) return [...faults, 'no resource'];
  const types = resource.of === 'fleet' ? ['Fleet'] : resource.of === 'params' ? [resource.type] : resource.types;
  if (!types.every((type) => resourceTypes.some((known) => known === type))) faults.push('unknown type');
  if (resource.of === 'params') {
    const parameters = route.params instanceof z.ZodObject ? Object.keys(route.params.shape) : [];
    for (const name of [resource.name, resource.persona ?? resource.name]) {
      if (!parameters.includes(name) || !route.path?.includes(`{${name}}`)) faults.push(`no parameter ${name}`);
    }
  }
  return faults;
}

describe('a route', () => {
  it.each(named)('%s declares its action and where its resource is', (_name, route) => {
    expect(faultsOf(route)).toEqual([]);
  });

  it('that lacks either would be found', () => {
    const { action: _action, ...noAction } = routes.getHost;
    const { resource: _resource, ...noResource } = routes.getHost;
    expect(faultsOf(noAction as Partial<Route>)).toEqual(['no action']);
    expect(faultsOf(noResource as Partial<Route>)).toEqual(['no resource']);
    const elsewhere = { ...routes.getHost, resource: { of: 'params', type: 'Host', name: 'host' } } as const;
    expect(faultsOf(elsewhere)).toEqual(['no parameter host', 'no parameter host']);
  });

  it('is open to anybody only to see whether we live, and to log in', () => {
    const open = named.flatMap(([name, route]) => (route.anonymous ? [name] : []));
    expect(open).toEqual(['getHealth', 'beginLogin', 'finishLogin', 'createSession']);
  });

  it('has an action that some route uses, and none is left over', () => {
    const used = new Set(named.map(([, { action }]) => action));
    expect(actions.filter((action) => !used.has(action))).toEqual([]);
  });
});

describe('a message of an agent’s connection', () => {
  const typesOf = (union: typeof agentMessage | typeof serverMessage) =>
    union.options.map((option) => option.shape.type.value as string).sort();

  it('has an action, whichever side sends it', () => {
    expect(Object.keys(agentMessageActions).sort()).toEqual(typesOf(agentMessage));
    expect(Object.keys(serverMessageActions).sort()).toEqual(typesOf(serverMessage));
    for (const action of Object.values({ ...agentMessageActions, ...serverMessageActions })) {
      expect(hostActions).toContain(action);
    }
  });
});
