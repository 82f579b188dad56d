import { envelope } from '@guise/model/trust';
import { z } from 'zod';
import { name, personaId, version, versionInPath } from '../schemas/ids.ts';
import { pageOf, pageQuery } from '../schemas/page.ts';
import { personaSummary, personaVersion, publication, publishedVersion, versionSummary } from '../schemas/persona.ts';
import type { Route } from './route.ts';

const params = z.strictObject({ persona_id: personaId });

export const personaRoutes = {
  publishPersona: {
    method: 'POST',
    path: '/personas',
    action: 'persona:publish',
    resource: { of: 'handler', types: ['Persona'] },
    summary: 'Publish a persona: 201 for a new version, 200 when the newest has this content already',
    body: publication,
    response: publishedVersion,
    statuses: [201, 200],
  },
  listPersonas: {
    method: 'GET',
    path: '/personas',
    action: 'persona:read',
    resource: { of: 'list', types: ['Persona'] },
    summary: 'List personas by id',
    query: pageQuery.extend({ category: name.optional(), group: name.optional() }),
    response: pageOf(personaSummary),
    statuses: [200],
  },
  getPersona: {
    method: 'GET',
    path: '/personas/{persona_id}',
    action: 'persona:read',
    resource: { of: 'params', type: 'Persona', name: 'persona_id' },
    summary: 'The current version of a persona',
    params,
    response: personaVersion,
    statuses: [200],
  },
  replacePersona: {
    method: 'PUT',
    path: '/personas/{persona_id}',
    action: 'persona:publish',
    resource: { of: 'params', type: 'Persona', name: 'persona_id' },
    summary: 'Publish a new version of a persona that exists',
    params,
    body: publication,
    response: publishedVersion,
    statuses: [201, 200],
  },
  deletePersona: {
    method: 'DELETE',
    path: '/personas/{persona_id}',
    action: 'persona:delete',
    resource: { of: 'params', type: 'Persona', name: 'persona_id' },
    summary: 'Remove a persona that nothing is assigned; its version numbers are never used again',
    params,
    response: 'none',
    statuses: [204],
  },
  listVersions: {
    method: 'GET',
    path: '/personas/{persona_id}/versions',
    action: 'persona:read',
    resource: { of: 'params', type: 'Persona', name: 'persona_id' },
    summary: 'Every version of a persona, newest first',
    params,
    query: pageQuery.extend({
      cursor: z
        .string()
        .regex(/^\d{1,9}$/, 'must be a cursor from the last page')
        .optional(),
    }),
    response: pageOf(versionSummary),
    statuses: [200],
  },
  getVersion: {
    method: 'GET',
    path: '/personas/{persona_id}/versions/{version}',
    action: 'persona:read',
    resource: { of: 'params', type: 'Persona', name: 'persona_id' },
    summary: 'One version of a persona',
    params: params.extend({ version: versionInPath }),
    response: personaVersion,
    statuses: [200],
  },
  rollbackPersona: {
    method: 'POST',
    path: '/personas/{persona_id}/rollback',
    action: 'persona:rollback',
    resource: { of: 'params', type: 'Persona', name: 'persona_id' },
    summary: 'Make an older version the current one; assignments that pin no version follow',
    params,
    body: z.strictObject({
      to: version,
      /** The signed permission to go back; needed where authors sign. */
      statement: envelope.optional(),
    }),
    response: publishedVersion,
    statuses: [200],
  },
} as const satisfies Record<string, Route>;
