/** What a host pins when it enrols: whose personas it runs here, by the root of now, and who signs checkpoints of the audit log. */
import type { TrustPin } from '@guise/api';
import { newSigningKey, signingKey } from '@guise/trust/signing';
import type { Database } from '../store/database.ts';
import type { Vault } from '../store/vault.ts';
import type { Trust } from './served-trust.ts';

export async function trustPin(database: Database, trust: Trust, vault: Vault): Promise<TrustPin> {
  const { organization, environment, envelope } = await trust.served(database);
  const auditKey = await vault.ensure(database, 'audit-key', () => Buffer.from(newSigningKey().privatePem));
  return { organization, environment, root: envelope, audit_key: signingKey(auditKey.toString()).publicKey };
}
