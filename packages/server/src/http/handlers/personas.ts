import type { CallOf, Routes } from '@guise/api';
import type { PersonaId } from '@guise/model';
import { deletePersona, getPersona, putPersonaGroup } from '../../app/personas.ts';
import { publishPersona } from '../../app/publish-persona.ts';
import { readPublication } from '../../app/read-publication.ts';
import { rollbackPersona } from '../../app/rollback-persona.ts';
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

export function personaHandlers({ database, trust }: HandlerParts): Pick<Handlers, Names> {
  const publish = async (
    { body, caller, setStatus }: Pick<CallOf<Routes['publishPersona']>, 'body'> & CallContext,
    existing?: PersonaId,
  ) => {
    const publication = await readPublication(database, trust, body);
    const options = existing === undefined ? {} : { existing };
    const published = await publishPersona(database, { trust, caller }, publication, options);
    setStatus(published.created ? 201 : 200);
    return published;
  };
  return {
    publishPersona: (call) => publish(call),
    replacePersona: (call) => publish(call, call.params.persona_id),
    listPersonas: ({ query }) => listPersonas(database, query),
    getPersona: ({ params }) => getPersona(database, params.persona_id),
    getVersion: ({ params }) => getPersona(database, params.persona_id, params.version),
    listVersions: async ({ params, query }) => {
      await getPersona(database, params.persona_id);
      return listVersions(database, params.persona_id, query);
    },
    rollbackPersona: ({ params, body, caller }) =>
      rollbackPersona(database, { trust, caller }, params.persona_id, body),
    deletePersona: ({ params, caller }) => deletePersona(database, caller, params.persona_id),
    putPersonaGroup: ({ params, body, caller }) => putPersonaGroup(database, caller, params.group, body.personas),
    listPersonaGroups: ({ query }) => listPersonaGroups(database, query),
  };
}
