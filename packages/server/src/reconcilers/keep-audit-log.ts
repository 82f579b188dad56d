/**
 * Gives entries their places in the audit log every `limits.auditSequenceMs`, and signs a checkpoint every period and at the end.
 *
 * Every process does, and they take turns; see store/audit-log.ts.
 */
import { limits } from '@guise/model';
import { type AuditSigner, makeCheckpoint, sequenceAll } from '../app/audit-checkpoint.ts';
import type { Database } from '../store/database.ts';
import { periodically } from './periodically.ts';

interface Parts {
  readonly database: Database;
  readonly signer: AuditSigner;
  readonly checkpointPeriodMs: number;
  readonly onFailure: (error: unknown) => void;
}

export interface AuditLogKeeper {
  /** Signs what was written last. */
  stop(): Promise<void>;
}

export function keepAuditLog({ database, signer, checkpointPeriodMs, onFailure }: Parts): AuditLogKeeper {
  // Of several processes each looks once a period, and half a period later it is another's turn no more.
  const minAgeMs = checkpointPeriodMs / 2;
  const loops = [
    periodically(limits.auditSequenceMs, () => sequenceAll(database), onFailure),
    periodically(
      checkpointPeriodMs,
      async () => {
        await makeCheckpoint(database, signer, minAgeMs);
      },
      onFailure,
    ),
  ];
  return {
    stop: async () => {
      await Promise.all(loops.map((loop) => loop.stop()));
      await makeCheckpoint(database, signer, 0);
    },
  };
}
