import type { PersonaTerms } from '../../app/assignments.ts';
import { assign, assignSet, unassign } from '../../app/assignments.ts';
import type { Caller } from '../../app/caller.ts';
import { putHostGroup } from '../../app/hosts.ts';
import type { Resource } from '../../permissions/resource.ts';
import type { Target } from '../../store/assignments.ts';
import { listAssignments } from '../../store/assignments.ts';
import type { Executor } from '../../store/database.ts';
import { listHostGroups } from '../../store/host-groups.ts';
import type { Handlers } from '../handler.ts';
import type { HandlerParts } from './index.ts';

type Names =
  | 'assignToHost'
  | 'unassignFromHost'
  | 'setHostPersonas'
  | 'assignToTag'
  | 'unassignFromTag'
  | 'setTagPersonas'
  | 'assignToGroup'
  | 'unassignFromGroup'
  | 'setGroupPersonas'
  | 'putHostGroup'
  | 'listHostGroups'
  | 'listAssignments';

const host = (name: string) => ({ type: 'host', name }) as const;
const tag = (name: string) => ({ type: 'tag', name }) as const;
const group = (name: string) => ({ type: 'group', name }) as const;

export function assignmentHandlers({ database, permissions }: HandlerParts): Pick<Handlers, Names> {
  /** Those that come and those that go. */
  const replace = async (caller: Caller, target: Target, personas: readonly PersonaTerms[]) => {
    const require = (ids: readonly string[], tx?: Executor) =>
      permissions.require(caller, [resourceOf(target)], [...new Set(ids)], tx);
    await require(personas.map(({ persona_id }) => persona_id));
    return { items: await assignSet(database, caller, target, personas, (tx, gone) => require(gone, tx)) };
  };
  return {
    assignToHost: ({ params: { host_id, persona_id }, body, caller }) =>
      assign(database, caller, host(host_id), { ...body, persona_id }),
    unassignFromHost: ({ params: { host_id, persona_id }, query, caller }) =>
      unassign(database, caller, host(host_id), persona_id, query.instance),
    setHostPersonas: ({ params, body, caller }) => replace(caller, host(params.host_id), body.personas),
    assignToTag: ({ params, body, caller }) =>
      assign(database, caller, tag(params.tag), { ...body, persona_id: params.persona_id }),
    unassignFromTag: ({ params, query, caller }) =>
      unassign(database, caller, tag(params.tag), params.persona_id, query.instance),
    setTagPersonas: ({ params, body, caller }) => replace(caller, tag(params.tag), body.personas),
    assignToGroup: ({ params, body, caller }) =>
      assign(database, caller, group(params.group), { ...body, persona_id: params.persona_id }),
    unassignFromGroup: ({ params, query, caller }) =>
      unassign(database, caller, group(params.group), params.persona_id, query.instance),
    setGroupPersonas: ({ params, body, caller }) => replace(caller, group(params.group), body.personas),
    // Whoever may change a group could otherwise take any host into it, and have all that the group may have.
    putHostGroup: ({ params, body, caller }) =>
      putHostGroup(database, caller, params.group, body.hosts, (tx, changed) =>
        permissions.require(
          caller,
          changed.map((id) => ({ type: 'Host', id })),
          undefined,
          tx,
        ),
      ),
    listHostGroups: async ({ query, caller }) => {
      const page = await listHostGroups(database, query);
      const items = await permissions.visible(caller, page.items, ({ group: id }) => ({ type: 'HostGroup', id }));
      return { ...page, items };
    },
    listAssignments: async ({ query, caller }) => {
      const page = await listAssignments(database, query);
      const items = await permissions.visible(caller, page.items, ({ target_type: type, target }) =>
        resourceOf({ type, name: target }),
      );
      return { ...page, items };
    },
  };
}

function resourceOf({ type, name: id }: Target): Resource {
  switch (type) {
    case 'host':
      return { type: 'Host', id };
    case 'tag':
      return { type: 'Tag', id };
    case 'group':
      return { type: 'HostGroup', id };
  }
}
