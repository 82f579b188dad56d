/** Authors for tests: keys that are the same in every run, a root that trusts them, and what they sign. */

import { openRoot, personaContent, type TrustedRoot } from '@guise/decide/trust';
import type { ResolvedPersona } from '@guise/model';
import { parseDocument } from '@guise/model/documents';
import {
  type Envelope,
  type PersonaStatement,
  payloadTypes,
  type RollbackStatement,
  type RootStatement,
} from '@guise/model/trust';
import { signStatement } from '@guise/trust/sign-statement';
import { type SigningKey, signingKey, verifySignature } from '@guise/trust/signing';
import { usableKeyCheck } from '@guise/trust/usable-key';

export const verify = verifySignature;
const usable = await usableKeyCheck();
const judged = new Map<string, boolean>();

/** Each key is judged once, so that a root can be opened thousands of times. */
export function isUsableKey(publicKey: string): boolean {
  const known = judged.get(publicKey) ?? usable(publicKey);
  judged.set(publicKey, known);
  return known;
}

export const nowMs = Date.parse('2026-06-01T00:00:00.000Z');
const later = '2026-09-01T00:00:00.000Z';
export const opening = { environment: 'production', nowMs, verify };

const names = ['alice', 'bob', 'carol', 'dave'] as const;
type Author = (typeof names)[number];

/** PKCS #8 around 32 bytes that are the author's number. Source: RFC 8410, 7. */
const pkcs8Head = Buffer.from('302e020100300506032b657004220420', 'hex');

export const authors = Object.fromEntries(
  names.map((name, index) => {
    const der = Buffer.concat([pkcs8Head, Buffer.alloc(32, index + 1)]).toString('base64');
    return [name, signingKey(`-----BEGIN PRIVATE KEY-----\n${der}\n-----END PRIVATE KEY-----\n`)];
  }),
) as Record<Author, SigningKey>;

export function idsOf(...who: readonly Author[]): string[] {
  return who.map((name) => authors[name].keyId);
}

/** One of everybody signs anything; the next root takes alice. */
export function rootStatement(changes: Partial<RootStatement> = {}): RootStatement {
  const rule = { environment: '*', category: '*', keys: idsOf('alice', 'bob', 'carol'), threshold: 1 };
  return {
    organization: 'acme',
    version: 1,
    expires_at: later,
    keys: names.map((name) => ({ keyid: authors[name].keyId, name, public: authors[name].publicKey })),
    root: { keys: idsOf('alice'), threshold: 1 },
    personas: [rule],
    rollbacks: [rule],
    ...changes,
  };
}

export function signedRoot(statement: RootStatement, ...who: readonly Author[]): Envelope {
  return signStatement(
    payloadTypes.root,
    statement,
    who.map((name) => authors[name]),
  );
}

export function trustedRoot(changes: Partial<RootStatement> = {}): TrustedRoot {
  const statement = rootStatement(changes);
  const who = names.filter((name) => statement.root.keys.includes(authors[name].keyId));
  return openRoot(signedRoot(statement, ...who), null, { verify, isUsableKey });
}

export function persona(text = 'category: web_server\nfiles: {/etc/motd: {content: "hello\\n"}}\n'): ResolvedPersona {
  const base = parseDocument(
    'guise: persona/v1\npersona_id: hardened\nfiles: {/etc/issue: {content: "no"}}\n',
    'hardened.yaml',
  );
  const own = parseDocument(`guise: persona/v1\npersona_id: web\nextends: [hardened]\n${text}`, 'web.yaml');
  return { own, ancestors: [base] };
}

export function personaStatement(changes: Partial<PersonaStatement> = {}): PersonaStatement {
  return {
    organization: 'acme',
    environment: 'production',
    version: 3,
    previous: `sha256:${'0'.repeat(64)}`,
    expires_at: later,
    ...personaContent(persona()),
    ...changes,
  };
}

export function signedPersona(statement: PersonaStatement, ...who: readonly Author[]): Envelope {
  return signStatement(
    payloadTypes.persona,
    statement,
    who.map((name) => authors[name]),
  );
}

export function rollbackStatement(changes: Partial<RollbackStatement> = {}): RollbackStatement {
  return {
    id: 'AAAAAAAAAAAAAAAAAAAAAA',
    organization: 'acme',
    environment: 'production',
    persona_id: 'web',
    category: 'web_server',
    from: 3,
    to: 2,
    hosts: ['web-1', 'web-2'],
    reason: 'version 3 loses connections',
    expires_at: later,
    ...changes,
  };
}

export function signedRollback(statement: RollbackStatement, ...who: readonly Author[]): Envelope {
  return signStatement(
    payloadTypes.rollback,
    statement,
    who.map((name) => authors[name]),
  );
}
