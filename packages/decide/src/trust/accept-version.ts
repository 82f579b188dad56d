/**
 * Whether a host takes a signed version of a persona, given the highest that it took before.
 *
 * Invariants: versions rise; one version is one payload; going back takes a permission for this host and persona, to just
 * this version, from this one or a later one, once.
 * After going back the mark is the older version, so a later step forward is an ordinary one and the same permission leads nowhere.
 * Throws: `version_refused`; `rollback_refused` when there is a permission and it does not allow this.
 * Source: docs/adr/0017-signed-envelopes.md.
 */
import { type Digest, GuiseError } from '@guise/model';
import type { PersonaStatement, RollbackStatement } from '@guise/model/trust';
import type { Opened } from './trusted-root.ts';

export interface VersionMark {
  readonly version: number;
  /** Of the payload. */
  readonly digest: Digest;
}

export interface VersionQuestion {
  /** Null when the host never had this persona. */
  readonly mark: VersionMark | null;
  readonly persona: Opened<PersonaStatement>;
  readonly rollback: Opened<RollbackStatement> | null;
  readonly hostId: string;
  /** Ids of the permissions that this host has used. */
  readonly used: readonly string[];
}

export interface AcceptedVersion {
  /** To be remembered before anything is applied. */
  readonly mark: VersionMark;
  /** The id to be remembered together with it. */
  readonly usedRollback: string | null;
}

export function acceptVersion({ mark, persona, rollback, hostId, used }: VersionQuestion): AcceptedVersion {
  const { statement, digest } = persona;
  const { version, previous } = statement;
  const accepted = { mark: { version, digest }, usedRollback: null };
  const refuse = (reason: string) =>
    new GuiseError('version_refused', `Cannot accept ${statement.persona_id}@${version}: ${reason}`);
  if (mark === null) return accepted;
  if (version === mark.version) {
    if (digest === mark.digest) return accepted;
    throw refuse(
      `this host has seen another version ${version} (${mark.digest}, and this is ${digest}): history forked`,
    );
  }
  if (version > mark.version) {
    // Further ahead the versions between were never seen here, so there is nothing to compare with.
    if (version > mark.version + 1 || previous === mark.digest) return accepted;
    throw refuse(
      `it follows ${previous ?? 'nothing'}, and version ${mark.version} here is ${mark.digest}: history forked`,
    );
  }
  if (rollback === null) {
    throw refuse(`this host has had version ${mark.version}, and there is no signed permission to go back`);
  }
  const reason = reasonAgainst(rollback, { mark, statement, hostId, used });
  if (reason === null) return { ...accepted, usedRollback: rollback.statement.id };
  throw new GuiseError(
    'rollback_refused',
    `Cannot go back from ${statement.persona_id}@${mark.version} to ${version}: the permission ${reason}`,
  );
}

interface Step extends Pick<VersionQuestion, 'hostId' | 'used'> {
  readonly mark: VersionMark;
  readonly statement: PersonaStatement;
}

function reasonAgainst(
  { statement: permission, expired, expiresAt }: Opened<RollbackStatement>,
  { mark, statement, hostId, used }: Step,
): string | null {
  for (const key of ['organization', 'environment', 'persona_id', 'category'] as const) {
    if (permission[key] !== statement[key]) return `is for ${key} ${permission[key]}, not ${statement[key]}`;
  }
  if (!permission.hosts.includes(hostId)) return `does not name the host ${hostId}`;
  // A host that lags behind may go where those go that do not.
  if (permission.from < mark.version || permission.to !== statement.version) {
    return `is to go from version ${permission.from} to ${permission.to}`;
  }
  if (used.includes(permission.id)) return 'was used on this host before';
  return expired ? `ended at ${expiresAt}` : null;
}
