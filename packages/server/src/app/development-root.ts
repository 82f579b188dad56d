/**
 * The trust of a control plane that nobody gave a root: one key, kept in its vault, that signs whatever is published.
 *
 * Hosts verify its signatures like any others, so what runs here is what would run with a root of one's own; only who holds the key
 * differs. Made once for a database, shared by its replicas. Good for trying out and for a lab: whoever takes this control plane
 * over can sign.
 */
import { limits } from '@guise/model';
import { type Envelope, payloadTypes, type RootStatement } from '@guise/model/trust';
import { signStatement } from '@guise/trust/sign-statement';
import { newSigningKey, type SigningKey, signingKey } from '@guise/trust/signing';
import type { Database } from '../store/database.ts';
import type { Vault } from '../store/vault.ts';

export const developmentNames = { organization: 'local', environment: 'development' } as const;

/** Told at the start of such a control plane. */
export const developmentNotice =
  'This control plane signs personas with a development key of its own; give --root to verify those of your authors';

export interface DevelopmentRoot {
  readonly root: Envelope;
  readonly key: SigningKey;
}

export async function developmentRoot(database: Database, vault: Vault, nowMs: number): Promise<DevelopmentRoot> {
  const text = await vault.ensure(database, 'development-root', () => Buffer.from(JSON.stringify(made(nowMs))));
  const { root, privatePem } = JSON.parse(text.toString()) as ReturnType<typeof made>;
  return { root, key: signingKey(privatePem) };
}

function made(nowMs: number) {
  const key = newSigningKey();
  const signers = { keys: [key.keyId], threshold: 1 };
  const everything = { environment: '*', category: '*', ...signers };
  const statement: RootStatement = {
    organization: developmentNames.organization,
    version: 1,
    expires_at: new Date(nowMs + limits.developmentRootLifeMs).toISOString(),
    keys: [{ keyid: key.keyId, name: 'development', public: key.publicKey }],
    root: signers,
    personas: [everything],
    rollbacks: [everything],
  };
  return { root: signStatement(payloadTypes.root, statement, [key]), privatePem: key.privatePem };
}
