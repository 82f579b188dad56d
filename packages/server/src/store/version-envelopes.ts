/** The envelope of each version of a persona: what its authors signed. Once written it never changes. */
import type { Digest, PersonaId } from '@guise/model';
import { sql } from 'kysely';
import type { Executor } from './database.ts';

export interface VersionEnvelope {
  /** The DSSE envelope as JSON. */
  readonly envelope: string;
  readonly payloadDigest: Digest;
  readonly expiresAt: string;
  /** Names of keys. */
  readonly signers: readonly string[];
}

/** What is told of a version's signature; null for one that was never signed. */
export interface SignatureSummary {
  readonly payload_digest: Digest;
  readonly expires_at: string;
  readonly signers: readonly string[];
}

export async function insertEnvelope(
  tx: Executor,
  { personaId, version }: { readonly personaId: PersonaId; readonly version: number },
  { envelope, payloadDigest, expiresAt, signers }: VersionEnvelope,
): Promise<void> {
  await tx
    .insertInto('version_envelopes')
    .values({
      persona_id: personaId,
      version,
      envelope,
      payload_digest: payloadDigest,
      expires_at: expiresAt,
      signers: [...signers],
    })
    .execute();
}

export async function findSignature(
  db: Executor,
  personaId: PersonaId,
  version: number,
): Promise<SignatureSummary | null> {
  const row = await db
    .selectFrom('version_envelopes')
    .select(['payload_digest', 'expires_at', 'signers'])
    .where('persona_id', '=', personaId)
    .where('version', '=', version)
    .executeTakeFirst();
  return row === undefined ? null : signatureOf(row);
}

/** The JSON of each envelope asked for, by `persona_id@version`. */
export async function readEnvelopes(
  db: Executor,
  wanted: readonly { readonly persona_id: string; readonly version: number }[],
): Promise<ReadonlyMap<string, string>> {
  if (wanted.length === 0) return new Map();
  const rows = await db
    .selectFrom('version_envelopes')
    .select(['persona_id', 'version', 'envelope'])
    .where(
      sql<boolean>`(persona_id, version) in (select * from unnest(
        ${wanted.map((item) => item.persona_id)}::text[], ${wanted.map((item) => item.version)}::integer[]))`,
    )
    .execute();
  return new Map(rows.map((row) => [`${row.persona_id}@${row.version}`, row.envelope]));
}

/** Personas with a version that was never signed. */
export async function personasUnsigned(db: Executor): Promise<readonly PersonaId[]> {
  const rows = await db
    .selectFrom('persona_versions')
    .leftJoin('version_envelopes', (join) =>
      join
        .onRef('version_envelopes.persona_id', '=', 'persona_versions.persona_id')
        .onRef('version_envelopes.version', '=', 'persona_versions.version'),
    )
    .select('persona_versions.persona_id')
    .where('version_envelopes.version', 'is', null)
    .groupBy('persona_versions.persona_id')
    .execute();
  return rows.map((row) => row.persona_id as PersonaId);
}

/** Of one persona, oldest first, each with its signature if it has one. */
export async function versionsToSign(
  db: Executor,
  personaId: PersonaId,
): Promise<readonly { readonly version: number; readonly content: string; readonly payloadDigest: Digest | null }[]> {
  const rows = await db
    .selectFrom('persona_versions')
    .leftJoin('version_envelopes', (join) =>
      join
        .onRef('version_envelopes.persona_id', '=', 'persona_versions.persona_id')
        .onRef('version_envelopes.version', '=', 'persona_versions.version'),
    )
    .select(['persona_versions.version', 'content', 'payload_digest'])
    .where('persona_versions.persona_id', '=', personaId)
    .orderBy('persona_versions.version')
    .execute();
  return rows.map(({ version, content, payload_digest }) => ({
    version,
    content,
    payloadDigest: payload_digest as Digest | null,
  }));
}

export function signatureOf(row: {
  readonly payload_digest: string;
  readonly expires_at: Date;
  readonly signers: readonly string[];
}): SignatureSummary {
  return {
    payload_digest: row.payload_digest as Digest,
    expires_at: row.expires_at.toISOString(),
    signers: [...row.signers],
  };
}
