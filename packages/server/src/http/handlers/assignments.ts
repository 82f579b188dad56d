import { assign, assignSet, unassign } from '../../app/assignments.ts';
import { putHostGroup } from '../../app/hosts.ts';
import { listAssignments } from '../../store/assignments.ts';
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

export function assignmentHandlers({ database }: HandlerParts): Pick<Handlers, Names> {
  return {
    assignToHost: ({ params: { host_id, persona_id }, body, caller }) =>
      assign(database, caller, host(host_id), { ...body, persona_id }),
    unassignFromHost: ({ params: { host_id, persona_id }, query, caller }) =>
      unassign(database, caller, host(host_id), persona_id, query.instance),
    setHostPersonas: async ({ params, body, caller }) => ({
      items: await assignSet(database, caller, host(params.host_id), body.personas),
    }),
    assignToTag: ({ params, body, caller }) =>
      assign(database, caller, tag(params.tag), { ...body, persona_id: params.persona_id }),
    unassignFromTag: ({ params, query, caller }) =>
      unassign(database, caller, tag(params.tag), params.persona_id, query.instance),
    setTagPersonas: async ({ params, body, caller }) => ({
      items: await assignSet(database, caller, tag(params.tag), body.personas),
    }),
    assignToGroup: ({ params, body, caller }) =>
      assign(database, caller, group(params.group), { ...body, persona_id: params.persona_id }),
    unassignFromGroup: ({ params, query, caller }) =>
      unassign(database, caller, group(params.group), params.persona_id, query.instance),
    setGroupPersonas: async ({ params, body, caller }) => ({
      items: await assignSet(database, caller, group(params.group), body.personas),
    }),
    putHostGroup: ({ params, body, caller }) => putHostGroup(database, caller, params.group, body.hosts),
    listHostGroups: ({ query }) => listHostGroups(database, query),
    listAssignments: ({ query }) => listAssignments(database, query),
  };
}
