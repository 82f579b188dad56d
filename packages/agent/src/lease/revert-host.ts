/**
 * Makes a host what it was at a snapshot: what guise changed by the journal, and everything else where the snapshot has the root's files.
 *
 * That a revert is under way is on disk before anything changes, and what is to be active with it. Killed anywhere, `finishRevert` of the
 * next start does all of it again before anything else: every step leaves alone what is as it was.
 * It is an undo, so no version is too old for it; marks of versions stay where they are.
 * Throws: `snapshot_not_found`; what made the switch fail; what restoring files throws. Then a revert is still under way.
 */
import { GuiseError } from '@guise/model';
import type { Engine } from '../engine/engine.ts';
import type { Comparison } from '../engine/host-snapshot.ts';
import type { Host } from '../host/host.ts';
import type { SwitchTo } from '../triggers/alone.ts';
import type { Conductor } from '../triggers/conductor.ts';
import { restoreRoot } from './restore-root.ts';
import type { SnapshotRecord, SnapshotStore } from './snapshot-store.ts';

export interface RevertParts {
  readonly engine: Pick<Engine, 'compare'>;
  readonly conductor: Pick<Conductor, 'alone' | 'word'>;
  readonly host: Host;
  readonly stateDirectory: string;
  readonly snapshots: SnapshotStore;
  readonly nowMs: () => number;
}

export async function revertHost(parts: RevertParts, label: string): Promise<Comparison> {
  const { engine, conductor, snapshots, nowMs } = parts;
  const record = snapshots.get(label);
  if (record.running !== null && parts.host.files.status(snapshots.treeOf(label)).type !== 'directory') {
    throw new GuiseError(
      'snapshot_not_found',
      `Cannot go back to the snapshot "${label}": somebody removed its files from ${snapshots.treeOf(label)}`,
    );
  }
  snapshots.beginRevert(label);
  const comparison = await conductor.alone(async (switchTo) => {
    conductor.word.goBack(record.host.layers, record.said, nowMs());
    await goBack(parts, record, switchTo);
    return engine.compare(record.host);
  });
  snapshots.endRevert();
  return comparison;
}

/** When the agent starts. Throws nothing that is no bug: a revert that fails is asked for again by whoever asked for it. */
export async function finishRevert(parts: RevertParts, report: (line: string) => void): Promise<void> {
  const label = parts.snapshots.reverting;
  if (label === null) return;
  try {
    await revertHost(parts, label);
    report(`an interrupted revert to ${label} is finished`);
  } catch (error) {
    if (!(error instanceof GuiseError)) throw error;
    report(`could not finish an interrupted revert to ${label}: ${error.message}`);
  }
}

async function goBack(parts: RevertParts, { label, host, running }: SnapshotRecord, switchTo: SwitchTo): Promise<void> {
  if (running === null) return switchTo(host.layers);
  // What cannot be undone because somebody destroyed what that takes, can be once its files are back.
  await switchTo(host.layers).catch((error: unknown) => {
    if (!(error instanceof GuiseError)) throw error;
  });
  const { stateDirectory, snapshots } = parts;
  await restoreRoot({ host: parts.host, stateDirectory, tree: snapshots.treeOf(label), running });
  await switchTo(host.layers);
}
