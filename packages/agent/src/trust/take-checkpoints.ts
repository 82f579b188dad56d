/**
 * Takes the checkpoints that the control plane sends, one after the other.
 *
 * What verifies them is loaded with the first, or at the start where one was refused before: the alert about it lasts.
 */
import { GuiseError } from '@guise/model';
import { readStateFile } from '../host/state-file.ts';
import type { CheckpointKeeper, CheckpointKeeperParts, CheckpointMessage } from './checkpoint-keeper.ts';
import type { TrustStore } from './trust-store.ts';

export interface TakeCheckpointsParts extends CheckpointKeeperParts {
  /** The disk refused: nothing of what was sent is remembered, and the control plane must be told anew what is. */
  readonly onFailure: () => void;
}

export function takeCheckpoints(parts: TakeCheckpointsParts): (message: CheckpointMessage) => void {
  let keeper: CheckpointKeeper | null = null;
  let last: Promise<unknown> = Promise.resolve();
  const load = async () => {
    const { CheckpointKeeper } = await import('./checkpoint-keeper.ts');
    keeper ??= new CheckpointKeeper(parts);
    return keeper;
  };
  const queue = (work: () => Promise<unknown>) => {
    last = last.then(work).catch((error: unknown) => {
      if (!(error instanceof GuiseError)) throw error;
      parts.report(error.message);
      parts.onFailure();
    });
  };
  if (readStateFile(parts.evidencePath) !== null) queue(load);
  return (message) => queue(async () => (await load()).take(message));
}

/** As the control plane is told it: entries of the log at the newest checkpoint, 0 for none. */
export function rememberedSize(trust: TrustStore): number {
  const [, size = '0'] = trust.state?.audit.checkpoint?.split('\n') ?? [];
  return /^\d{1,15}$/.test(size) ? Number(size) : 0;
}
