/** What this host knows of its control plane's audit log, for whoever asks the agent. */
import { openCheckpoint } from '@guise/trust/checkpoint';
import { evidenceFile } from './audit-evidence.ts';
import { auditEvidencePath, trustPath } from './places.ts';
import { TrustStore } from './trust-store.ts';

export interface RememberedCheckpoint {
  /** 32 bytes as base64, pinned when this host enrolled. */
  readonly key: string;
  /** As it was signed; null before the first. */
  readonly note: string | null;
  readonly origin: string | null;
  readonly size: number;
  /** Checkpoints that were refused and are kept as evidence. */
  readonly refused: number;
}

/** Null before this host has enrolled. */
export function rememberedCheckpoint(stateDirectory: string): RememberedCheckpoint | null {
  const { state } = new TrustStore(trustPath(stateDirectory));
  if (state === null) return null;
  const { key, checkpoint: note } = state.audit;
  const checkpoint = note === null ? null : openCheckpoint(note, key);
  const refused = evidenceFile(auditEvidencePath(stateDirectory)).read().length;
  return { key, note, origin: checkpoint?.origin ?? null, size: checkpoint?.size ?? 0, refused };
}
