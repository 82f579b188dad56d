import { z } from 'zod';
import { pageOf, pageQuery } from '../schemas/page.ts';
import { secretName, secretSummary, secretWrite, writtenSecret } from '../schemas/secret.ts';
import { fleet } from './resource.ts';
import type { Route } from './route.ts';

const params = z.strictObject({ name: secretName });

export const secretRoutes = {
  listSecrets: {
    method: 'GET',
    path: '/secrets',
    action: 'secret:read',
    resource: fleet,
    summary: 'Every secret by name and version; no value is ever told',
    query: pageQuery,
    response: pageOf(secretSummary),
    statuses: [200],
  },
  putSecret: {
    method: 'PUT',
    path: '/secrets/{name}',
    action: 'secret:write',
    resource: fleet,
    summary: 'A new version of a secret, sent to every host whose personas name it',
    params,
    body: secretWrite,
    secretBody: true,
    response: writtenSecret,
    statuses: [200],
  },
  deleteSecret: {
    method: 'DELETE',
    path: '/secrets/{name}',
    action: 'secret:write',
    resource: fleet,
    summary: 'Remove a secret; refused while a current persona names it',
    params,
    query: z.strictObject({
      force: z
        .enum(['true', 'false'])
        .default('false')
        .transform((text) => text === 'true'),
    }),
    response: 'none',
    statuses: [204],
  },
} as const satisfies Record<string, Route>;
