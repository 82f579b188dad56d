/**
 * Opens a permission to go back: enough of those whom the root names for it signed that these hosts may go from one version to an older one.
 *
 * Whether it is for this host and this step, and was not used before, is `acceptVersion`'s to say.
 * Throws: `envelope_invalid`, `signature_missing`.
 */
import { type Envelope, payloadTypes, type RollbackStatement, rollbackStatement } from '@guise/model/trust';
import { type OpenOptions, openStatement, type Unverified, unverifiedStatement } from './open-statement.ts';
import { refuser } from './refusal.ts';
import type { Opened, TrustedRoot } from './trusted-root.ts';

const refuse = refuser('the permission to go back', 'envelope_invalid');
const kind = { payloadType: payloadTypes.rollback, schema: rollbackStatement, refuse };

export function openRollback(
  envelope: Envelope,
  trusted: TrustedRoot,
  options: OpenOptions,
): Opened<RollbackStatement> {
  const opened = openStatement(envelope, trusted, { ...kind, rules: trusted.rollbacks }, options);
  requireBack(opened.statement);
  return opened;
}

/** For whoever is about to sign it too. Throws: `envelope_invalid`. */
export function unverifiedRollback(envelope: Envelope): Unverified<RollbackStatement> {
  const read = unverifiedStatement(envelope, kind);
  requireBack(read.statement);
  return read;
}

function requireBack({ from, to }: RollbackStatement): void {
  if (to >= from) throw refuse(`it leads from version ${from} to ${to}, which is not back`);
}
