/**
 * Who has which personas: one host, every host with a tag, or every host of a group.
 *
 * When one instance name reaches a host by several ways, the host's own assignment wins over its tags', those over its groups', and
 * those over the persona group that the host's tag `persona_group` names.
 */
import { z } from 'zod';
import { assignment, assignmentTerms, hostGroup, personaSet } from '../schemas/host.ts';
import { hostId, name, personaId, tag } from '../schemas/ids.ts';
import { pageOf, pageQuery } from '../schemas/page.ts';
import type { Route } from './route.ts';

const hostParams = z.strictObject({ host_id: hostId });
const tagParams = z.strictObject({ tag });
const groupParams = z.strictObject({ group: name });
const which = z.strictObject({
  /** Default: the persona's id. */
  instance: name.optional(),
});

const assign = {
  method: 'PUT',
  action: 'host:assign',
  body: assignmentTerms,
  response: assignment,
  statuses: [200],
} as const;
const unassign = { method: 'DELETE', action: 'host:assign', query: which, response: 'none', statuses: [204] } as const;
const assignSet = {
  method: 'PUT',
  action: 'host:assign',
  body: personaSet,
  response: z.object({ items: z.array(assignment) }),
  statuses: [200],
} as const;

export const assignmentRoutes = {
  assignToHost: {
    ...assign,
    resource: { of: 'params', type: 'Host', name: 'host_id', persona: 'persona_id' },
    path: '/hosts/{host_id}/personas/{persona_id}',
    summary: 'Give a host a persona, or change the terms',
    params: hostParams.extend({ persona_id: personaId }),
  },
  unassignFromHost: {
    ...unassign,
    resource: { of: 'params', type: 'Host', name: 'host_id', persona: 'persona_id' },
    path: '/hosts/{host_id}/personas/{persona_id}',
    summary: 'Take a persona from a host',
    params: hostParams.extend({ persona_id: personaId }),
  },
  setHostPersonas: {
    ...assignSet,
    resource: { of: 'handler', types: ['Host'] },
    path: '/hosts/{host_id}/personas',
    summary: 'Make exactly these the personas assigned to a host itself, in one switch',
    params: hostParams,
  },
  assignToTag: {
    ...assign,
    resource: { of: 'params', type: 'Tag', name: 'tag', persona: 'persona_id' },
    path: '/tags/{tag}/personas/{persona_id}',
    summary: 'Give a persona to every host with a tag, now and later',
    params: tagParams.extend({ persona_id: personaId }),
  },
  unassignFromTag: {
    ...unassign,
    resource: { of: 'params', type: 'Tag', name: 'tag', persona: 'persona_id' },
    path: '/tags/{tag}/personas/{persona_id}',
    summary: 'Take a persona from every host with a tag',
    params: tagParams.extend({ persona_id: personaId }),
  },
  setTagPersonas: {
    ...assignSet,
    resource: { of: 'handler', types: ['Tag'] },
    path: '/tags/{tag}/personas',
    summary: 'Make exactly these the personas assigned to a tag, in one switch',
    params: tagParams,
  },
  assignToGroup: {
    ...assign,
    resource: { of: 'params', type: 'HostGroup', name: 'group', persona: 'persona_id' },
    path: '/host-groups/{group}/personas/{persona_id}',
    summary: 'Give a persona to every host of a group, now and later',
    params: groupParams.extend({ persona_id: personaId }),
  },
  unassignFromGroup: {
    ...unassign,
    resource: { of: 'params', type: 'HostGroup', name: 'group', persona: 'persona_id' },
    path: '/host-groups/{group}/personas/{persona_id}',
    summary: 'Take a persona from every host of a group',
    params: groupParams.extend({ persona_id: personaId }),
  },
  setGroupPersonas: {
    ...assignSet,
    resource: { of: 'handler', types: ['HostGroup'] },
    path: '/host-groups/{group}/personas',
    summary: 'Make exactly these the personas assigned to a group, in one switch',
    params: groupParams,
  },
  putHostGroup: {
    method: 'PUT',
    path: '/host-groups/{group}',
    action: 'host_group:write',
    resource: { of: 'params', type: 'HostGroup', name: 'group' },
    summary: 'Say which hosts a group has',
    params: groupParams,
    body: z.strictObject({ hosts: z.array(hostId).max(50_000) }),
    response: hostGroup,
    statuses: [200],
  },
  listHostGroups: {
    method: 'GET',
    path: '/host-groups',
    action: 'host:read',
    resource: { of: 'list', types: ['HostGroup'] },
    summary: 'Every host group with its hosts',
    query: pageQuery,
    response: pageOf(hostGroup),
    statuses: [200],
  },
  listAssignments: {
    method: 'GET',
    path: '/assignments',
    action: 'host:read',
    resource: { of: 'list', types: ['Host', 'Tag', 'HostGroup'] },
    summary: 'Every assignment',
    query: pageQuery.extend({ persona_id: personaId.optional() }),
    response: pageOf(assignment),
    statuses: [200],
  },
} as const satisfies Record<string, Route>;
