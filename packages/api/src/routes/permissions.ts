/** Who may do what: policies that people read and extend, and who has which role. */
import { z } from 'zod';
import { name } from '../schemas/ids.ts';
import { pageOf, pageQuery } from '../schemas/page.ts';
import { grantedRole, policy, policySummary, policyText, roleBinding } from '../schemas/permissions.ts';
import { fleet } from './resource.ts';
import type { Route } from './route.ts';

const params = z.strictObject({ name });
const onPolicy = { of: 'params', type: 'Policy', name: 'name' } as const;

export const permissionRoutes = {
  listPolicies: {
    method: 'GET',
    path: '/policies',
    action: 'policy:read',
    resource: { of: 'list', types: ['Policy'] },
    summary: 'Every policy, built in or set by somebody',
    response: z.object({ items: z.array(policySummary) }),
    statuses: [200],
  },
  getPolicy: {
    method: 'GET',
    path: '/policies/{name}',
    action: 'policy:read',
    resource: onPolicy,
    summary: 'One policy in Cedar’s language; `schema` is what policies are checked against',
    params,
    response: policy,
    statuses: [200],
  },
  checkPolicy: {
    method: 'POST',
    path: '/policies/{name}/check',
    action: 'policy:read',
    resource: onPolicy,
    summary: 'Whether a text could be set as a policy; sets nothing',
    params,
    body: z.strictObject({ text: policyText }),
    response: z.object({ policies: z.int() }),
    statuses: [200],
  },
  putPolicy: {
    method: 'PUT',
    path: '/policies/{name}',
    action: 'policy:write',
    resource: onPolicy,
    summary: 'Set a policy; every process of the control plane goes by it from now on',
    params,
    body: z.strictObject({ text: policyText }),
    response: policy,
    statuses: [200],
  },
  deletePolicy: {
    method: 'DELETE',
    path: '/policies/{name}',
    action: 'policy:write',
    resource: onPolicy,
    summary: 'Remove a policy that was set',
    params,
    response: 'none',
    statuses: [204],
  },
  listRoles: {
    method: 'GET',
    path: '/roles',
    action: 'role:read',
    resource: fleet,
    summary: 'Every role that policies know, and who was given it',
    query: pageQuery,
    response: pageOf(grantedRole).extend({ roles: z.array(z.string()) }),
    statuses: [200],
  },
  grantRole: {
    method: 'POST',
    path: '/roles',
    action: 'role:write',
    resource: { of: 'handler', types: ['Role'] },
    summary: 'Give a role to a user, a group or a token; nobody gives what he does not have',
    body: roleBinding,
    response: grantedRole,
    statuses: [201],
  },
  revokeRole: {
    method: 'POST',
    path: '/roles/revoke',
    action: 'role:write',
    resource: { of: 'handler', types: ['Role'] },
    summary: 'Take a role back, at once',
    body: roleBinding,
    response: 'none',
    statuses: [204],
  },
} as const satisfies Record<string, Route>;
