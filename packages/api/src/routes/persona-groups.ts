import { z } from 'zod';
import { personaGroup } from '../schemas/host.ts';
import { name, personaId } from '../schemas/ids.ts';
import { pageOf, pageQuery } from '../schemas/page.ts';
import type { Route } from './route.ts';

export const personaGroupRoutes = {
  putPersonaGroup: {
    method: 'PUT',
    path: '/persona-groups/{group}',
    action: 'persona_group:write',
    resource: { of: 'params', type: 'PersonaGroup', name: 'group' },
    summary: 'Say which personas a group has, beside those whose document names it',
    params: z.strictObject({ group: name }),
    body: z.strictObject({ personas: z.array(personaId).max(1000) }),
    response: personaGroup,
    statuses: [200],
  },
  listPersonaGroups: {
    method: 'GET',
    path: '/persona-groups',
    action: 'persona:read',
    resource: { of: 'list', types: ['PersonaGroup'] },
    summary: 'Every persona group with its personas, whichever side named them',
    query: pageQuery,
    response: pageOf(personaGroup),
    statuses: [200],
  },
} as const satisfies Record<string, Route>;
