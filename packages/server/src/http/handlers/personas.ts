import type { CallOf, Routes } from '@guise/api';
import type { PersonaId, ResolvedPersona } from '@guise/model';
import { deletePersona, getPersona, putPersonaGroup, rollbackPersona } from '../../app/personas.ts';
import { publishPersona } from '../../app/publish-persona.ts';
import { readPublication } from '../../app/read-publication.ts';
import type { Facts, Resource } from '../../permissions/resource.ts';
import { parentsOfPersona } from '../../store/permission-facts.ts';
import { listPersonaGroups, listPersonas } from '../../store/persona-list.ts';
import { listVersions } from '../../store/personas.ts';
import type { CallContext, Handlers } from '../handler.ts';
import type { HandlerParts } from './index.ts';

type Names =
  | 'publishPersona'
  | 'listPersonas'
  | 'getPersona'
  | 'replacePersona'
  | 'deletePersona'
  | 'listVersions'
  | 'getVersion'
  | 'rollbackPersona'
  | 'putPersonaGroup'
  | 'listPersonaGroups';

export function personaHandlers({ database, permissions }: HandlerParts): Pick<Handlers, Names> {
  const publish = async (
    { body, caller, setStatus }: Pick<CallOf<Routes['publishPersona']>, 'body'> & CallContext,
    existing?: PersonaId,
  ) => {
    // What is extended becomes part of the persona, for whoever may read that.
    const persona = await readPublication(database, body, (id) =>
      permissions.require({ ...caller, action: 'persona:read' }, [{ type: 'Persona', id }]),
    );
    await permissions.require(caller, resourcesOfPublication(persona));
    const published = await publishPersona(database, caller, persona, existing === undefined ? {} : { existing });
    setStatus(published.created ? 201 : 200);
    return published;
  };
  return {
    publishPersona: (call) => publish(call),
    replacePersona: (call) => publish(call, call.params.persona_id),
    listPersonas: async ({ query, caller }) => {
      const page = await listPersonas(database, query);
      const items = await permissions.visible(caller, page.items, ({ persona_id: id }) => ({ type: 'Persona', id }));
      return { ...page, items };
    },
    getPersona: ({ params }) => getPersona(database, params.persona_id),
    getVersion: ({ params }) => getPersona(database, params.persona_id, params.version),
    listVersions: async ({ params, query }) => {
      await getPersona(database, params.persona_id);
      return listVersions(database, params.persona_id, query);
    },
    rollbackPersona: ({ params, body, caller }) => rollbackPersona(database, caller, params.persona_id, body.to),
    deletePersona: ({ params, caller }) => deletePersona(database, caller, params.persona_id),
    putPersonaGroup: ({ params, body, caller }) =>
      putPersonaGroup(database, caller, params.group, body.personas, (tx, changed) =>
        permissions.require(
          caller,
          changed.map((id) => ({ type: 'Persona', id })),
          undefined,
          tx,
        ),
      ),
    listPersonaGroups: async ({ query, caller }) => {
      const page = await listPersonaGroups(database, query);
      const items = await permissions.visible(caller, page.items, ({ group: id }) => ({ type: 'PersonaGroup', id }));
      return { ...page, items };
    },
  };
}

/** The persona as it is, which is somebody's already, and as it will be. */
function resourcesOfPublication({ own: { document } }: ResolvedPersona): readonly (Resource | Facts)[] {
  const { persona_id: id, category = null, persona_groups = [] } = document;
  return [
    { type: 'Persona', id },
    { type: 'Persona', id, parents: parentsOfPersona(category, persona_groups) },
  ];
}
