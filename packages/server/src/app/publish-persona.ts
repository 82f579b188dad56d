/**
 * Publishing: a resolved persona, signed by its authors or by this control plane itself, becomes an immutable version, and the current one.
 *
 * Invariants: what is signed is verified before anything in it is looked at; each version names the payload of the one before; version
 * numbers only count up, also across deletion. Assignments that pin no version follow. What no host could evaluate is not published.
 * Where this control plane signs, content that is current or newest already keeps its version, until its signature is half over.
 * Throws: `document_invalid` with every problem of its triggers; `persona_not_found` when it must exist and does not;
 * `argument_invalid` when the ids disagree; `parameter_invalid` when it is in a persona group and leaves a parameter open;
 * `signature_missing`, `signature_expired`, `envelope_invalid`, `version_refused`.
 */
import { checkPersona } from '@guise/decide/triggers';
import type { Digest, PersonaId } from '@guise/model';
import { GuiseError, limits } from '@guise/model';
import type { Database, Executor, Mutation } from '../store/database.ts';
import { mutate } from '../store/database.ts';
import type { NewVersion, PersonaHead } from '../store/personas.ts';
import { findContentDigest, insertVersion, lockPersona, setCurrentVersion } from '../store/personas.ts';
import type { VersionEnvelope } from '../store/version-envelopes.ts';
import { findSignature, insertEnvelope } from '../store/version-envelopes.ts';
import type { Caller } from './caller.ts';
import { regrouping } from './persona-groups.ts';
import { publishedPersona } from './published-persona.ts';
import type { Publication } from './read-publication.ts';
import type { Trust } from './served-trust.ts';
import { signVersion } from './sign-version.ts';
import { type SignedVersion, versionOfSigned } from './signed-version.ts';

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
  { trust, caller }: { readonly trust: Trust; readonly caller: Caller },
  publication: Publication,
  options: PublishOptions = {},
): Promise<Published> {
  const persona = publishedPersona(publication.persona, caller.actor);
  if (options.existing !== undefined && options.existing !== persona.personaId) {
    throw new GuiseError(
      'argument_invalid',
      `Cannot publish "${persona.personaId}" as "${options.existing}": the ids must be equal`,
    );
  }
  await checkPersona(publication.persona);
  return mutate(database, caller.actor, async (tx) => {
    const head = await lockPersona(tx, persona.personaId);
    await options.require?.(tx);
    if (options.existing !== undefined && (head === null || head.deleted)) throw noPersona(options.existing);
    const { version, envelope } =
      publication.signed === null
        ? await signedHere(tx, trust, publication, { persona, head })
        : await versionOfSigned(tx, publication.signed, head);
    return publish(tx, caller, { persona, publication, version, envelope }, head);
  });
}

interface ToPublish {
  readonly persona: NewVersion;
  readonly publication: Publication;
  readonly version: number;
  /** Null when the version is there already. */
  readonly envelope: VersionEnvelope | null;
}

async function publish(
  tx: Executor,
  caller: Caller,
  { persona, publication, version, envelope }: ToPublish,
  head: PersonaHead | null,
): Promise<Mutation<Published>> {
  const { personaId, digest } = persona;
  const published = { persona_id: personaId, version, digest, created: envelope !== null };
  if (envelope === null && head?.currentVersion === version && !head.deleted)
    return { value: published, audit: null, signals: [] };
  const regroup = await regrouping(tx, publication.persona);
  if (envelope !== null) {
    await insertVersion(tx, version, persona);
    await insertEnvelope(tx, { personaId, version }, envelope);
  }
  await setCurrentVersion(tx, personaId, version);
  const signature = envelope === null ? {} : { payload: envelope.payloadDigest, signers: [...envelope.signers] };
  return {
    value: published,
    audit: {
      action: caller.action,
      resource: `persona/${personaId}`,
      detail: { version, digest, ...signature },
      before: head?.currentDigest ?? null,
      after: digest,
    },
    signals: [
      { type: 'desired', scope: { persona: personaId } },
      ...(await regroup()),
      { type: 'event', event: 'persona.published', subject: personaId },
    ],
  };
}

/** Throws: `signature_missing` where authors have to sign. */
async function signedHere(
  tx: Executor,
  trust: Trust,
  { persona: resolved }: Publication,
  { persona: { personaId, digest }, head }: { readonly persona: NewVersion; readonly head: PersonaHead | null },
): Promise<SignedVersion> {
  const served = await trust.served(tx);
  if (served.key === null) throw unsigned(personaId);
  const nowMs = trust.nowMs();
  for (const version of head === null ? [] : [head.currentVersion, head.lastVersion]) {
    const signature = await findSignature(tx, personaId, version);
    const isFresh = signature !== null && Date.parse(signature.expires_at) - nowMs >= limits.signatureLifeMs / 2;
    if (isFresh && (await findContentDigest(tx, personaId, version)) === digest) return { version, envelope: null };
  }
  const before = head === null ? null : await findSignature(tx, personaId, head.lastVersion);
  const version = (head?.lastVersion ?? 0) + 1;
  const previous = before?.payload_digest ?? null;
  return { version, envelope: signVersion(served, served.key, { persona: resolved, version, previous, nowMs }) };
}

export function unsigned(what: string): GuiseError {
  return new GuiseError(
    'signature_missing',
    `Cannot publish "${what}" without a signature: sign it with "guise persona sign" and publish the envelope`,
  );
}

export function noPersona(personaId: string): GuiseError {
  return new GuiseError('persona_not_found', `Cannot find the persona "${personaId}"`);
}
