import { getPolicy, listPolicies, removePolicy, setPolicy } from '../../app/policies.ts';
import { grantRole, revokeRole } from '../../app/roles.ts';
import { parsePolicy } from '../../permissions/cedar.ts';
import { listBindings } from '../../store/role-bindings.ts';
import type { Handlers } from '../handler.ts';
import type { HandlerParts } from './index.ts';

type Names =
  | 'listPolicies'
  | 'getPolicy'
  | 'checkPolicy'
  | 'putPolicy'
  | 'deletePolicy'
  | 'listRoles'
  | 'grantRole'
  | 'revokeRole';

export function permissionHandlers({ database, permissions, policies }: HandlerParts): Pick<Handlers, Names> {
  const { engine } = policies;
  return {
    listPolicies: async ({ caller }) => {
      const all = await listPolicies(database);
      return { items: await permissions.visible(caller, all, ({ name }) => ({ type: 'Policy', id: name })) };
    },
    getPolicy: ({ params }) => getPolicy(database, params.name),
    checkPolicy: async ({ params, body }) => ({ policies: parsePolicy(params.name, body.text).length }),
    // Requests look for themselves; agents that are connected here go by it from now on, too.
    putPolicy: async ({ params, body, caller }) => {
      const policy = await setPolicy(database, engine, caller, { name: params.name, text: body.text });
      await policies.refresh();
      return policy;
    },
    deletePolicy: async ({ params, caller }) => {
      await removePolicy(database, caller, params.name);
      await policies.refresh();
    },
    listRoles: async ({ query }) => ({ ...(await listBindings(database, query)), roles: engine.roles }),
    grantRole: async ({ body, caller }) => {
      await permissions.require(caller, [{ type: 'Role', id: body.role }]);
      return grantRole(database, engine, caller, body);
    },
    revokeRole: async ({ body, caller }) => {
      await permissions.require(caller, [{ type: 'Role', id: body.role }]);
      await revokeRole(database, caller, body);
    },
  };
}
