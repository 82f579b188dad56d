/**
 * Opens a permission to go back: enough of those whom the root names for it signed that these hosts may go from one version to an older one.
 *
 * Whether it is for this host and this step, and was not used before, is `acceptVersion`'s to say.
 * Throws: `envelope_invalid`, `signature_missing`.
 */
import { type Envelope, payloadTypes, type RollbackStatement, rollbackStatement } from '@guise/model/trust';
import { type OpenOptions, openStatement } from './open-statement.ts';
import { refuser } from './refusal.ts';
import type { Opened, TrustedRoot } from './trusted-root.ts';

export function openRollback(
  envelope: Envelope,
  trusted: TrustedRoot,
  options: OpenOptions,
): Opened<RollbackStatement> {
  const refuse = refuser('the permission to go back', 'envelope_invalid');
  const kind = { payloadType: payloadTypes.rollback, schema: rollbackStatement, rules: trusted.rollbacks, refuse };
  const opened = openStatement(envelope, trusted, kind, options);
  const { from, to } = opened.statement;
  if (to >= from) throw refuse(`it leads from version ${from} to ${to}, which is not back`);
  return opened;
}
