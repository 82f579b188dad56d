/**
 * What authors signed, as it comes to be published: opened under the root of now, and put at its place in the history of its persona.
 *
 * Throws: `envelope_invalid`, `signature_missing`, `signature_expired`; `version_refused` when it does not follow the newest version.
 */
import { encodeEnvelope, type Opened, openPersona, refuseExpired } from '@guise/decide/trust';
import { type Digest, GuiseError, type PersonaId } from '@guise/model';
import type { Envelope, PersonaStatement } from '@guise/model/trust';
import { verifySignature } from '@guise/trust/signing';
import type { Executor } from '../store/database.ts';
import type { PersonaHead } from '../store/personas.ts';
import { findSignature, type VersionEnvelope } from '../store/version-envelopes.ts';
import type { Trust } from './served-trust.ts';

export interface SignedPersona {
  readonly opened: Opened<PersonaStatement>;
  readonly envelope: Envelope;
}

/** A version number, and what is to be stored for it: null when it is there already. */
export interface SignedVersion {
  readonly version: number;
  readonly envelope: VersionEnvelope | null;
}

export async function openSigned(db: Executor, trust: Trust, envelope: Envelope): Promise<SignedPersona> {
  const { root, environment } = await trust.served(db);
  const opened = openPersona(envelope, root, { environment, nowMs: trust.nowMs(), verify: verifySignature });
  refuseExpired(opened);
  return { opened, envelope };
}

export async function versionOfSigned(
  tx: Executor,
  { opened, envelope }: SignedPersona,
  head: PersonaHead | null,
): Promise<SignedVersion> {
  const { statement, digest, expiresAt, signers } = opened;
  const { version, previous } = statement;
  const personaId = statement.persona_id as PersonaId;
  const newest = head === null ? null : await findSignature(tx, personaId, head.lastVersion);
  // The same again: where it is the newest it becomes current, and where it is current it stays.
  const isNewest = head?.lastVersion === version && newest?.payload_digest === digest;
  if (isNewest || (head?.currentVersion === version && (await isKnown(tx, statement, digest))))
    return { version, envelope: null };
  const next = { version: (head?.lastVersion ?? 0) + 1, previous: newest?.payload_digest ?? null };
  if (version !== next.version) {
    throw refused(statement, `the next version is ${next.version}`);
  }
  if (previous !== next.previous) {
    throw refused(statement, `it follows ${previous ?? 'nothing'}, and must follow ${next.previous ?? 'nothing'}`);
  }
  return { version, envelope: { envelope: encodeEnvelope(envelope), payloadDigest: digest, expiresAt, signers } };
}

async function isKnown(tx: Executor, { persona_id, version }: PersonaStatement, digest: Digest): Promise<boolean> {
  return (await findSignature(tx, persona_id as PersonaId, version))?.payload_digest === digest;
}

function refused({ persona_id, version }: PersonaStatement, reason: string): GuiseError {
  return new GuiseError('version_refused', `Cannot publish ${persona_id}@${version}: ${reason}; sign it again`);
}
