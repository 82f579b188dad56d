/** What a host pins when it enrols: whose personas it runs here, and who signs checkpoints of the audit log. */
import type { TrustPin } from '@guise/api';
import { newSigningKey, signingKey } from '@guise/trust/signing';
import type { Database } from '../store/database.ts';
import type { Vault } from '../store/vault.ts';
import { developmentNames, developmentRoot } from './development-root.ts';

export async function trustPin(database: Database, vault: Vault, nowMs: number): Promise<TrustPin> {
  const { root } = await developmentRoot(database, vault, nowMs);
  const auditKey = await vault.ensure(database, 'audit-key', () => Buffer.from(newSigningKey().privatePem));
  return { ...developmentNames, root, audit_key: signingKey(auditKey.toString()).publicKey };
}
