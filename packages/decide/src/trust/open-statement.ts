/**
 * Opens what authors sign for an environment: signatures first, then the statement, then whether they were enough of the right ones.
 *
 * Who has to sign depends on what the statement says, so its signers are known before it is parsed and judged after.
 * Throws: `envelope_invalid`, `signature_missing`.
 */
import { type Digest, digestOfBytes, limits, type VerifySignature } from '@guise/model';
import type { PayloadType, SigningRule } from '@guise/model/trust';
import { canonicalValue } from './canonical-value.ts';
import { checkedEnvelope } from './decode-envelope.ts';
import { conforming, type Refuse, type Schema } from './refusal.ts';
import { type RuleScope, signingRule } from './signing-rule.ts';
import type { Opened, TrustedRoot } from './trusted-root.ts';
import { requireSigners, signedPayload, verifiedSigners } from './verified-signers.ts';

export interface OpenOptions {
  /** The one that the host or control plane is in; null, for authors alone, is whichever it was signed for. */
  readonly environment: string | null;
  readonly nowMs: number;
  readonly verify: VerifySignature;
}

interface StatementKind<Statement> {
  readonly payloadType: PayloadType;
  readonly schema: Schema<Statement>;
  readonly refuse: Refuse;
}

interface AuthoredKind<Statement> extends StatementKind<Statement> {
  readonly rules: readonly SigningRule[];
}

export interface Unverified<Statement> {
  readonly statement: Statement;
  /** Of the payload. */
  readonly digest: Digest;
}

type AuthoredStatement = RuleScope & { readonly organization: string; readonly expires_at: string };

export const statementBounds = {
  sizeBytes: limits.envelopePayloadChars,
  depth: limits.statementDepth,
  values: limits.statementValues,
};

export function openStatement<Statement extends AuthoredStatement>(
  input: unknown,
  trusted: TrustedRoot,
  kind: AuthoredKind<Statement>,
  { environment, nowMs, verify }: OpenOptions,
): Opened<Statement> {
  const { refuse } = kind;
  const envelope = checkedEnvelope(input, refuse);
  const { bytes, message } = signedPayload(envelope, kind.payloadType, refuse);
  const signed = verifiedSigners(envelope, message, { keys: trusted.keys, verify, refuse });
  const statement = conforming(kind.schema, canonicalValue(bytes, statementBounds, refuse), refuse);
  requireEqual('organization', statement.organization, trusted.organization, refuse);
  if (environment !== null) requireEqual('environment', statement.environment, environment, refuse);
  const rule = signingRule(kind.rules, statement);
  const category = statement.category === null ? 'no category' : `category ${statement.category}`;
  const what = `for environment ${statement.environment} and ${category}`;
  if (rule === undefined) throw refuse(`nobody may sign ${what}`, 'signature_missing');
  const counted = requireSigners(rule, signed, { what, known: trusted.keys, refuse });
  const expiresAt = earlier(statement.expires_at, trusted.expiresAt);
  return {
    statement,
    digest: digestOfBytes(bytes),
    signers: counted.map(({ name }) => name),
    expiresAt,
    expired: Date.parse(expiresAt) <= nowMs,
  };
}

/** What an envelope says, before anybody is believed: for whoever is about to sign it. */
export function unverifiedStatement<Statement>(input: unknown, kind: StatementKind<Statement>): Unverified<Statement> {
  const { bytes } = signedPayload(checkedEnvelope(input, kind.refuse), kind.payloadType, kind.refuse);
  const statement = conforming(kind.schema, canonicalValue(bytes, statementBounds, kind.refuse), kind.refuse);
  return { statement, digest: digestOfBytes(bytes) };
}

function requireEqual(what: string, found: string, wanted: string, refuse: Refuse): void {
  if (found !== wanted) throw refuse(`it is for ${what} ${found}, and this is ${wanted}`);
}

/** Both in the one spelling of RFC 3339 that statements have, which sorts like time. */
function earlier(a: string, b: string): string {
  return a < b ? a : b;
}
