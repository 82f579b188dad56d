/**
 * Publishing: a resolved persona becomes an immutable version, and the current one.
 *
 * Invariants: the same content is the same version, however often and wherever from it is published; version numbers only count
 * up, also across deletion. Assignments that pin no version follow. What no host could evaluate is not published.
 * Throws: `document_invalid` with every problem of its triggers; `persona_not_found` when it must exist and does not;
 * `argument_invalid` when the ids disagree; `parameter_invalid` when it is in a persona group and leaves a parameter open.
 */
import { checkPersona } from '@guise/decide/triggers';
import type { Digest, PersonaId, ResolvedPersona } from '@guise/model';
import { GuiseError } from '@guise/model';
import type { Database, Executor, Mutation } from '../store/database.ts';
import { mutate } from '../store/database.ts';
import type { NewVersion, PersonaHead } from '../store/personas.ts';
import { findVersionByDigest, insertVersion, lockPersona, setCurrentVersion } from '../store/personas.ts';
import type { Caller } from './caller.ts';
import { regrouping } from './persona-groups.ts';
import { publishedPersona } from './published-persona.ts';

export interface Published {
  readonly persona_id: PersonaId;
  readonly version: number;
  readonly digest: Digest;
  /** Whether this made the version. */
  readonly created: boolean;
}

export interface PublishOptions {
  /** Publish only over an existing persona of this id. */
  readonly existing?: PersonaId;
  /** Asked once nobody else changes the persona: as it is, if it is there, it is somebody's already. */
  readonly require?: (tx: Executor) => Promise<void>;
}

export async function publishPersona(
  database: Database,
  caller: Caller,
  resolved: ResolvedPersona,
  options: PublishOptions = {},
): Promise<Published> {
  const persona = publishedPersona(resolved, caller.actor);
  if (options.existing !== undefined && options.existing !== persona.personaId) {
    throw new GuiseError(
      'argument_invalid',
      `Cannot publish "${persona.personaId}" as "${options.existing}": the ids must be equal`,
    );
  }
  await checkPersona(resolved);
  return mutate(database, caller.actor, async (tx) => {
    const head = await lockPersona(tx, persona.personaId);
    await options.require?.(tx);
    if (options.existing !== undefined && (head === null || head.deleted)) throw noPersona(options.existing);
    return publish(tx, caller, { persona, resolved }, head);
  });
}

async function publish(
  tx: Executor,
  caller: Caller,
  { persona, resolved }: { readonly persona: NewVersion; readonly resolved: ResolvedPersona },
  head: PersonaHead | null,
): Promise<Mutation<Published>> {
  const { personaId, digest } = persona;
  const known = head === null ? null : await findVersionByDigest(tx, personaId, digest);
  const version = known ?? (head?.lastVersion ?? 0) + 1;
  const published = { persona_id: personaId, version, digest, created: known === null };
  if (known !== null && head?.currentVersion === known && !head.deleted)
    return { value: published, audit: null, signals: [] };
  const regroup = await regrouping(tx, resolved);
  if (known === null) await insertVersion(tx, version, persona);
  await setCurrentVersion(tx, personaId, version);
  return {
    value: published,
    audit: { action: caller.action, resource: `persona/${personaId}`, detail: { version, digest } },
    signals: [
      { type: 'desired', scope: { persona: personaId } },
      ...(await regroup()),
      { type: 'event', event: 'persona.published', subject: personaId },
    ],
  };
}

export function noPersona(personaId: string): GuiseError {
  return new GuiseError('persona_not_found', `Cannot find the persona "${personaId}"`);
}
