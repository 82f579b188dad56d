/** What authors sign for an environment, a version of a persona or a permission to go back, alike for whoever signs or verifies it. */
import {
  type Opened,
  openPersona,
  openRollback,
  type TrustedRoot,
  unverifiedPersona,
  unverifiedRollback,
} from '@guise/decide/trust';
import { GuiseError } from '@guise/model';
import { type Envelope, type PersonaStatement, payloadTypes, type RollbackStatement } from '@guise/model/trust';
import { verifySignature } from '@guise/trust/signing';

export type AuthoredStatement = PersonaStatement | RollbackStatement;

/** What it says, whoever signed it. Throws: `envelope_invalid`. */
export function unverifiedAuthored(envelope: Envelope): {
  readonly statement: AuthoredStatement;
  readonly digest: string;
} {
  return isRollback(envelope) ? unverifiedRollback(envelope) : unverifiedPersona(envelope);
}

/** For its own environment unless another is given. Throws: `envelope_invalid`, `signature_missing`. */
export function openAuthored(
  envelope: Envelope,
  trusted: TrustedRoot,
  options: { readonly environment: string | null; readonly nowMs: number },
): Opened<AuthoredStatement> {
  const opening = { ...options, verify: verifySignature };
  return isRollback(envelope) ? openRollback(envelope, trusted, opening) : openPersona(envelope, trusted, opening);
}

function isRollback({ payloadType }: Envelope): boolean {
  if (payloadType !== payloadTypes.root) return payloadType === payloadTypes.rollback;
  throw new GuiseError(
    'envelope_invalid',
    'Cannot accept the envelope: it is a root, which guise root show and sign are for',
  );
}

/** `web@2`, or `web: back from 3 to 2 on h1, h2`. */
export function titleOf(statement: AuthoredStatement): string {
  const { persona_id: id } = statement;
  return 'version' in statement
    ? `${id}@${statement.version}`
    : `${id}: back from ${statement.from} to ${statement.to} on ${statement.hosts.join(', ')}`;
}
