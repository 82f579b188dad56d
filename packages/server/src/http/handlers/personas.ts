import type { CallOf, Routes } from '@guise/api';
import type { PersonaId } from '@guise/model';
import { deletePersona, getPersona, putPersonaGroup } from '../../app/personas.ts';
import { publishPersona } from '../../app/publish-persona.ts';
import { readPublication } from '../../app/read-publication.ts';
import { rollbackPersona } from '../../app/rollback-persona.ts';
import { parentsOfPersona, personaFacts } from '../../store/permission-facts.ts';
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

export function personaHandlers({ database, trust, permissions }: HandlerParts): Pick<Handlers, Names> {
  const publish = async (
    { body, caller, setStatus }: Pick<CallOf<Routes['publishPersona']>, 'body'> & CallContext,
    existing?: PersonaId,
  ) => {
    const publication = await readPublication(
      {
        database,
        trust,
        // What is extended becomes part of the persona, for whoever may read that.
        requireParent: (id) => permissions.require({ ...caller, action: 'persona:read' }, [{ type: 'Persona', id }]),
      },
      body,
    );
    const { persona_id: id, category = null, persona_groups = [] } = publication.persona.own.document;
    const parents = parentsOfPersona(category, persona_groups);
    const published = await publishPersona(database, { trust, caller }, publication, {
      ...(existing === undefined ? {} : { existing }),
      require: async (tx) => {
        const asItIs = (await personaFacts(tx, [id])).get(id);
        const asItWillBe = { type: 'Persona', id, parents } as const;
        await permissions.require(caller, asItIs === undefined ? [asItWillBe] : [asItIs, asItWillBe], undefined, tx);
      },
    });
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
    rollbackPersona: ({ params, body, caller }) =>
      rollbackPersona(database, { trust, caller }, params.persona_id, body),
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
