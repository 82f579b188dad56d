/** Personas and their versions. A version, once written, never changes; only which one is current does. */
import type { Digest, PersonaId, ResolvedPersona } from '@guise/model';
import { type JoinBuilder, sql } from 'kysely';
import type { Executor } from './database.ts';
import type { SubscriptionPatterns } from './event-subscriptions.ts';
import { insertSubscriptions } from './event-subscriptions.ts';
import type { Page, PageRequest } from './page.ts';
import { pageOf } from './page.ts';
import type { Tables } from './tables.ts';
import type { SignatureSummary } from './version-envelopes.ts';
import { signatureOf } from './version-envelopes.ts';

export interface NewVersion {
  readonly personaId: PersonaId;
  readonly digest: Digest;
  readonly personaName: string | null;
  readonly category: string | null;
  readonly personaGroups: readonly string[];
  readonly priority: number;
  readonly content: string;
  /** Names of secrets that a host needs for it. */
  readonly secrets: readonly string[];
  readonly subscriptions: readonly SubscriptionPatterns[];
  readonly publishedBy: string;
}

export interface PersonaHead {
  readonly personaId: PersonaId;
  readonly currentVersion: number;
  readonly lastVersion: number;
  /** Of the current version's content; null when the persona is deleted. */
  readonly currentDigest: Digest | null;
  readonly deleted: boolean;
}

export interface VersionSummary {
  readonly version: number;
  readonly digest: Digest;
  readonly current: boolean;
  readonly published_at: string;
  readonly published_by: string;
  /** Null for one that its authors never signed. */
  readonly signature: SignatureSummary | null;
}

export interface VersionDetail extends VersionSummary {
  readonly persona_id: PersonaId;
  readonly persona: ResolvedPersona;
}

/** Takes the persona's row, so that two publications of one persona come one after the other; also when there is none yet. */
export async function lockPersona(tx: Executor, personaId: PersonaId): Promise<PersonaHead | null> {
  await sql`select pg_advisory_xact_lock(hashtextextended(${personaId}, 0))`.execute(tx);
  const row = await tx
    .selectFrom('personas as p')
    .innerJoin('persona_versions as v', (join) =>
      join.onRef('v.persona_id', '=', 'p.persona_id').onRef('v.version', '=', 'p.current_version'),
    )
    .selectAll('p')
    .select('v.digest')
    .where('p.persona_id', '=', personaId)
    .executeTakeFirst();
  if (row === undefined) return null;
  return {
    personaId,
    currentVersion: row.current_version,
    lastVersion: row.last_version,
    currentDigest: row.deleted_at === null ? (row.digest as Digest) : null,
    deleted: row.deleted_at !== null,
  };
}

/** Of what is in the documents; null when there is no such version. */
export async function findContentDigest(tx: Executor, personaId: PersonaId, version: number): Promise<Digest | null> {
  const row = await tx
    .selectFrom('persona_versions')
    .select('digest')
    .where('persona_id', '=', personaId)
    .where('version', '=', version)
    .executeTakeFirst();
  return (row?.digest ?? null) as Digest | null;
}

export async function insertVersion(tx: Executor, version: number, persona: NewVersion): Promise<void> {
  await tx
    .insertInto('personas')
    .values({ persona_id: persona.personaId, current_version: version, last_version: version, deleted_at: null })
    .onConflict((conflict) => conflict.column('persona_id').doUpdateSet({ last_version: version }))
    .execute();
  await tx
    .insertInto('persona_versions')
    .values({
      persona_id: persona.personaId,
      version,
      digest: persona.digest,
      persona_name: persona.personaName,
      category: persona.category,
      persona_groups: [...persona.personaGroups],
      priority: persona.priority,
      content: persona.content,
      secrets: [...persona.secrets],
      published_by: persona.publishedBy,
    })
    .execute();
  await insertSubscriptions(tx, { persona_id: persona.personaId, version }, persona.subscriptions);
}

export async function setCurrentVersion(tx: Executor, personaId: PersonaId, version: number): Promise<void> {
  await tx
    .updateTable('personas')
    .set({ current_version: version, deleted_at: null, updated_at: sql<Date>`now()` })
    .where('persona_id', '=', personaId)
    .execute();
}

export async function markDeleted(tx: Executor, personaId: PersonaId): Promise<void> {
  await tx.deleteFrom('persona_group_members').where('persona_id', '=', personaId).execute();
  await tx.updateTable('personas').set({ deleted_at: sql<Date>`now()` }).where('persona_id', '=', personaId).execute();
}

/** Null when there is no such persona, or no such version of it. */
export async function findVersion(db: Executor, personaId: PersonaId, version?: number): Promise<VersionDetail | null> {
  const row = await db
    .selectFrom('personas')
    .innerJoin('persona_versions', 'persona_versions.persona_id', 'personas.persona_id')
    .leftJoin('version_envelopes', envelopeOfVersion)
    .selectAll('persona_versions')
    .select(['current_version', 'payload_digest', 'expires_at', 'signers'])
    .where('personas.persona_id', '=', personaId)
    .where('deleted_at', 'is', null)
    .where('persona_versions.version', '=', version ?? sql.ref<number>('current_version'))
    .executeTakeFirst();
  if (row === undefined) return null;
  return {
    ...summaryOf(row, row.current_version),
    persona_id: personaId,
    persona: JSON.parse(row.content) as ResolvedPersona,
  };
}

export async function listVersions(
  db: Executor,
  personaId: PersonaId,
  page: PageRequest,
): Promise<Page<VersionSummary>> {
  let query = db
    .selectFrom('personas')
    .innerJoin('persona_versions', 'persona_versions.persona_id', 'personas.persona_id')
    .leftJoin('version_envelopes', envelopeOfVersion)
    .select(['persona_versions.version', 'digest', 'published_at', 'published_by', 'current_version'])
    .select(['payload_digest', 'expires_at', 'signers'])
    .where('personas.persona_id', '=', personaId)
    .where('deleted_at', 'is', null)
    .orderBy('persona_versions.version', 'desc')
    .limit(page.limit + 1);
  if (page.cursor !== undefined) query = query.where('persona_versions.version', '<', Number(page.cursor));
  const rows = await query.execute();
  const found = rows.map((row) => summaryOf(row, row.current_version));
  return pageOf(found, page.limit, (item) => String(item.version));
}

function summaryOf(
  row: {
    readonly version: number;
    readonly digest: string;
    readonly published_at: Date;
    readonly published_by: string;
    readonly payload_digest: string | null;
    readonly expires_at: Date | null;
    readonly signers: readonly string[] | null;
  },
  currentVersion: number,
): VersionSummary {
  const { payload_digest, expires_at, signers } = row;
  const isSigned = payload_digest !== null && expires_at !== null && signers !== null;
  return {
    version: row.version,
    digest: row.digest as Digest,
    current: row.version === currentVersion,
    published_at: row.published_at.toISOString(),
    published_by: row.published_by,
    signature: isSigned ? signatureOf({ payload_digest, expires_at, signers }) : null,
  };
}

function envelopeOfVersion<Join extends JoinBuilder<Tables, 'persona_versions' | 'version_envelopes'>>(join: Join) {
  return join
    .onRef('version_envelopes.persona_id', '=', 'persona_versions.persona_id')
    .onRef('version_envelopes.version', '=', 'persona_versions.version');
}
