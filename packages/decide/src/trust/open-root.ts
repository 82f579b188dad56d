/**
 * Opens a trust root: the first by its own word, for somebody who knows where it is from; each next by the one before and by its own.
 *
 * Shape: `previous` null → any version, signed by enough of its own root keys; else exactly the next version of the same organisation,
 * signed by enough of the root keys of both. Whoever signs a root is among its keys, also when he leaves with it and may sign nothing
 * more, so that a root can be opened again without the one before. An end that has passed is no reason to refuse a root: a host that was away must be able to
 * catch up, and nothing signed under such a root is good for anything new.
 * Throws: `root_refused`.
 * Source: docs/adr/0017-signed-envelopes.md; The Update Framework 1.0.33, 5.3 (root rotation).
 */
import { digestOfBytes, type VerifySignature } from '@guise/model';
import { type Envelope, payloadTypes, type RootStatement, rootStatement } from '@guise/model/trust';
import { canonicalValue } from './canonical-value.ts';
import { checkRootStatement, type IsUsableKey } from './check-root-statement.ts';
import { checkedEnvelope } from './decode-envelope.ts';
import { statementBounds } from './open-statement.ts';
import { conforming, type Refuse, refuser } from './refusal.ts';
import type { TrustedKey, TrustedRoot } from './trusted-root.ts';
import { requireSigners, signedPayload, verifiedSigners } from './verified-signers.ts';

export interface OpenRootOptions {
  readonly verify: VerifySignature;
  /** Whether 32 bytes as base64 are a key that can be trusted with signatures at all; see `@guise/trust/usable-key`. */
  readonly isUsableKey: IsUsableKey;
}

export function openRoot(input: Envelope, previous: TrustedRoot | null, options: OpenRootOptions): TrustedRoot {
  const { verify, isUsableKey } = options;
  const refuse: Refuse = (reason) => refuser('the trust root', 'root_refused')(reason);
  const envelope = checkedEnvelope(input, refuse);
  const { bytes, message } = signedPayload(envelope, payloadTypes.root, refuse);
  if (previous !== null) {
    const bySome = { ...envelope, signatures: envelope.signatures.filter(({ keyid }) => previous.keys.has(keyid)) };
    const signed = verifiedSigners(bySome, message, { keys: previous.keys, verify, refuse });
    const what = `what follows root ${previous.version}`;
    requireSigners(previous.root, signed, { what, known: previous.keys, refuse });
  }
  const statement = rootStatementOf(bytes, isUsableKey, refuse);
  if (previous !== null) requireNext(statement, previous, refuse);
  const keys = keysOf(statement);
  const signed = verifiedSigners(envelope, message, { keys, verify, refuse });
  requireSigners(statement.root, signed, { what: `root ${statement.version}`, known: keys, refuse });
  return {
    organization: statement.organization,
    version: statement.version,
    digest: digestOfBytes(bytes),
    expiresAt: statement.expires_at,
    keys,
    root: statement.root,
    personas: statement.personas,
    rollbacks: statement.rollbacks,
  };
}

/** What a root says, before anybody is believed: for whoever is about to sign it. Throws: `root_refused`. */
export function unverifiedRoot(input: Envelope, isUsableKey: IsUsableKey): RootStatement {
  const refuse: Refuse = (reason) => refuser('the trust root', 'root_refused')(reason);
  const { bytes } = signedPayload(checkedEnvelope(input, refuse), payloadTypes.root, refuse);
  return rootStatementOf(bytes, isUsableKey, refuse);
}

function rootStatementOf(bytes: Uint8Array, isUsableKey: IsUsableKey, refuse: Refuse): RootStatement {
  const statement = conforming(rootStatement, canonicalValue(bytes, statementBounds, refuse), refuse);
  checkRootStatement(statement, isUsableKey, refuse);
  return statement;
}

function requireNext({ organization, version }: RootStatement, previous: TrustedRoot, refuse: Refuse): void {
  if (organization !== previous.organization) {
    throw refuse(`it is for organization ${organization}, and this is ${previous.organization}`);
  }
  if (version !== previous.version + 1) {
    throw refuse(`after root ${previous.version} comes root ${previous.version + 1}, and this is root ${version}`);
  }
}

function keysOf({ keys }: RootStatement): ReadonlyMap<string, TrustedKey> {
  return new Map(keys.map(({ keyid, name, public: publicKey }) => [keyid, { keyId: keyid, name, publicKey }]));
}
