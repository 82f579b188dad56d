/**
 * Signs how long the audit log is and what it holds.
 *
 * Invariants: what was signed before is still there, or nothing is signed any more; entries that are committed get their places first; two processes never sign the same size; nothing is signed when
 * nothing was added. Killed before its commit there is no checkpoint, and the next round makes one.
 * Throws: `audit_broken`.
 */
import { GuiseError } from '@guise/model';
import { type Checkpoint, openCheckpoint, signCheckpoint } from '@guise/trust/checkpoint';
import { newSigningKey, type SigningKey, signingKey } from '@guise/trust/signing';
import { insertCheckpoint, logOrigin, newestCheckpoint } from '../store/audit-checkpoints.ts';
import { lockAuditLog, logSize, sequenceAudit } from '../store/audit-log.ts';
import { rootAt } from '../store/audit-proofs.ts';
import type { Database, Executor } from '../store/database.ts';
import { sendSignals } from '../store/signal.ts';
import type { Vault } from '../store/vault.ts';

export interface AuditSigner {
  readonly key: SigningKey;
  readonly origin: string;
}

/** The key is this database's own, for good: hosts pin it when they enrol. */
export async function auditSigner(database: Database, vault: Vault, organization: string): Promise<AuditSigner> {
  const pem = await vault.ensure(database, 'audit-key', () => Buffer.from(newSigningKey().privatePem));
  return { key: signingKey(pem.toString()), origin: await logOrigin(database, organization) };
}

/** Until nothing waits here, or another process is at it. */
export async function sequenceAll(database: Database): Promise<void> {
  for (let placed: number | null = 1; placed !== null && placed > 0; ) placed = await sequenceAudit(database);
}

/** The note; null when nothing was added, or the newest checkpoint is younger than `minAgeMs`. */
export async function makeCheckpoint(
  database: Database,
  { key, origin }: AuditSigner,
  minAgeMs: number,
): Promise<string | null> {
  await sequenceAll(database);
  return database.transaction().execute(async (tx) => {
    await lockAuditLog(tx);
    const newest = await newestCheckpoint(tx);
    const size = await logSize(tx);
    if (size === (newest?.size ?? 0)) return null;
    if (newest !== null && Date.now() - Date.parse(newest.signed_at) < minAgeMs) return null;
    if (newest !== null) await requireSigned(tx, openCheckpoint(newest.note, key.publicKey), size);
    const note = signCheckpoint(key, { origin, size, root: await rootAt(tx, size) });
    // What cannot be read again must not be what hosts are told.
    openCheckpoint(note, key.publicKey);
    await insertCheckpoint(tx, size, note);
    await sendSignals(tx, [{ type: 'checkpointed', size }]);
    return note;
  });
}

/** Whoever changes the database does not get our signature under it. */
async function requireSigned(tx: Executor, { size, root }: Checkpoint, sizeNow: number): Promise<void> {
  if (sizeNow >= size && Buffer.from(await rootAt(tx, size)).equals(root)) return;
  throw new GuiseError(
    'audit_broken',
    `Cannot sign the audit log any more: its first ${size} entries are not those that were signed; guise audit verify says which`,
  );
}
