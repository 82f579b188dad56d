/**
 * What is asked of a pool, with what it leaves open filled in: the persona is there and takes these parameters.
 *
 * Throws: `persona_not_found`, `version_not_found`, `parameter_invalid`, `template_invalid`, `argument_invalid`.
 */
import { GuiseError, type PersonaId, parsePersonaId, type ResolvedPersona } from '@guise/model';
import { parameterValues } from '@guise/model/documents';
import type { Executor } from '../store/database.ts';
import { findVersion } from '../store/personas.ts';
import { noPersona } from './publish-persona.ts';
import { renderedNeeds } from './rendered-needs.ts';
import { parseTagSelector } from './tag-selector.ts';

export interface ActivationTerms {
  readonly persona_id: PersonaId;
  readonly version?: number | undefined;
  readonly parameters?: Record<string, string | number | boolean> | undefined;
  readonly tenant?: string | undefined;
  readonly instance?: string | undefined;
  readonly selector?: string | undefined;
  readonly share?: boolean | undefined;
}

export async function checkedTerms(tx: Executor, terms: ActivationTerms) {
  const { persona_id, version, tenant, selector } = terms;
  const found = await findVersion(tx, persona_id, version);
  if (found === null && version !== undefined && (await findVersion(tx, persona_id)) !== null)
    throw new GuiseError('version_not_found', `Cannot find version ${version} of the persona "${persona_id}"`);
  if (found === null) throw noPersona(persona_id);
  const instance = terms.instance ?? instanceOf(persona_id, tenant);
  const parameters = { ...tenantParameter(found.persona, tenant), ...terms.parameters };
  parameterValues(found.persona, parameters);
  if (selector !== undefined) parseTagSelector(selector);
  return {
    persona_id,
    version: version ?? null,
    instance,
    tenant: tenant ?? null,
    parameters,
    selector: selector ?? null,
    share: terms.share ?? tenant !== undefined,
    need: renderedNeeds(found.persona, parameters, instance).room,
  };
}

/** The same rule as ids have, because it is a name on its host. */
function instanceOf(personaId: PersonaId, tenant: string | undefined): string {
  return tenant === undefined ? personaId : parsePersonaId(`${personaId}-${tenant}`);
}

function tenantParameter({ own, ancestors }: ResolvedPersona, tenant: string | undefined): Record<string, string> {
  const isDeclared = [own, ...ancestors].some(({ document }) => Object.hasOwn(document.parameters ?? {}, 'tenant'));
  return tenant !== undefined && isDeclared ? { tenant } : {};
}
