/**
 * Personas after their publication: their versions, which groups they are in, and their end.
 *
 * Throws: `persona_not_found`, `version_not_found`, `persona_assigned`, `parameter_invalid`.
 */
import type { PersonaId } from '@guise/model';
import { GuiseError } from '@guise/model';
import { isAssigned } from '../store/assignments.ts';
import { checkoutWith } from '../store/checkouts.ts';
import type { Database, Executor } from '../store/database.ts';
import { mutate } from '../store/database.ts';
import { groupInUse, lockPersonaGroup, replacePersonaGroup, unknownPersonas } from '../store/persona-list.ts';
import type { VersionDetail } from '../store/personas.ts';
import { findVersion, lockPersona, markDeleted } from '../store/personas.ts';
import type { Caller } from './caller.ts';
import { requireNoParameters } from './persona-groups.ts';
import { noPersona } from './publish-persona.ts';
import { stateDigest } from './state-digest.ts';

/** Without a version, the current one. */
export async function getPersona(database: Database, personaId: PersonaId, version?: number): Promise<VersionDetail> {
  const found = await findVersion(database, personaId, version);
  if (found !== null) return found;
  if (version === undefined || (await findVersion(database, personaId)) === null) throw noPersona(personaId);
  throw noVersion(personaId, version);
}

export async function deletePersona(database: Database, caller: Caller, personaId: PersonaId): Promise<void> {
  await mutate(database, caller.actor, async (tx) => {
    const head = await lockPersona(tx, personaId);
    if (head === null || head.deleted) throw noPersona(personaId);
    if (await isAssigned(tx, personaId)) {
      throw new GuiseError(
        'persona_assigned',
        `Cannot delete the persona "${personaId}": it is assigned; see GET /assignments?persona_id=${personaId}`,
      );
    }
    const group = await groupInUse(tx, personaId);
    if (group !== null) {
      throw new GuiseError(
        'persona_assigned',
        `Cannot delete the persona "${personaId}": hosts with the tag persona_group=${group} have it through that group`,
      );
    }
    const checkoutId = await checkoutWith(tx, personaId);
    if (checkoutId !== null) {
      throw new GuiseError(
        'persona_assigned',
        `Cannot delete the persona "${personaId}": a host is borrowed as it, or is to be (checkout ${checkoutId})`,
      );
    }
    await markDeleted(tx, personaId);
    return {
      value: undefined,
      audit: {
        action: caller.action,
        resource: `persona/${personaId}`,
        detail: { version: head.currentVersion },
        before: head.currentDigest,
        after: null,
      },
      signals: [{ type: 'event', event: 'persona.deleted', subject: personaId }],
    };
  });
}

export async function putPersonaGroup(
  database: Database,
  caller: Caller,
  group: string,
  personas: readonly PersonaId[],
  requireChanged: (tx: Executor, personas: readonly string[]) => Promise<void>,
): Promise<{ readonly group: string; readonly personas: PersonaId[] }> {
  const distinct = [...new Set(personas)].sort();
  return mutate(database, caller.actor, async (tx) => {
    const before = await lockPersonaGroup(tx, group);
    const members = new Set(before);
    // Before the change: by it a persona could come under what permits it.
    await requireChanged(tx, [...members.symmetricDifference(new Set<string>(distinct))]);
    const [unknown] = await unknownPersonas(tx, distinct);
    if (unknown !== undefined) throw noPersona(unknown);
    for (const personaId of distinct) await requireUsableInGroup(tx, personaId);
    await replacePersonaGroup(tx, group, distinct, caller.actor);
    return {
      value: { group, personas: distinct },
      audit: {
        action: caller.action,
        resource: `persona-group/${group}`,
        detail: { personas: distinct },
        before: stateDigest(before),
        after: stateDigest(distinct),
      },
      signals: [
        { type: 'desired', scope: { persona_group: group } },
        { type: 'event', event: 'persona_group.changed', subject: group },
      ],
    };
  });
}

async function requireUsableInGroup(tx: Executor, personaId: PersonaId): Promise<void> {
  // Holds off a publication until this membership can be seen.
  await lockPersona(tx, personaId);
  const found = await findVersion(tx, personaId);
  if (found === null) throw noPersona(personaId);
  requireNoParameters(found.persona);
}

export function noVersion(personaId: PersonaId, version: number): GuiseError {
  return new GuiseError('version_not_found', `Cannot find version ${version} of the persona "${personaId}"`);
}
