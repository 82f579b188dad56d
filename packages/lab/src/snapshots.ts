/**
 * Snapshots of hosts: read-only copies of a root under labels, which cost only what differs later.
 *
 * A snapshot is taken while its host runs, and has what a power cut at that instant would leave: what programs wrote is in it, what
 * they had not written yet is not. The host's record tells of it before it is there; it counts once both are.
 * Every function expects the caller to hold the lab's lock.
 * Throws: `limit_exceeded` when the pool is full, or the host has `limits.labSnapshotsPerHost`; `lab_failed` for a host with subvolumes
 * of its own, which a snapshot would leave out; `snapshot_not_found`.
 */
import { existsSync } from 'node:fs';
import { GuiseError, limits } from '@guise/model';
import type { Execute } from './command.ts';
import type { ImageName } from './images.ts';
import { readRecord, writeRecord } from './lab-state.ts';
import { checkName, hostRoot, type LabNames, snapshotRoot } from './names.ts';
import { deleteSubvolumes, requireRoom, snapshotSubvolume, subvolumesInside } from './pool.ts';

export interface Snapshot {
  readonly root: string;
  readonly image: ImageName;
}

/** Replaces an earlier one of that label. Killed before its end, there is none of that label. */
export async function takeSnapshot(lab: LabNames, host: string, label: string, execute: Execute): Promise<void> {
  await discardSnapshot(lab, host, label, execute);
  const record = readRecord(lab, host);
  const { image, snapshots = {} } = record;
  if (Object.keys(snapshots).length >= limits.labSnapshotsPerHost) {
    throw new GuiseError(
      'limit_exceeded',
      `Cannot take another snapshot of ${host}: it has ${limits.labSnapshotsPerHost}, and one must be discarded first`,
    );
  }
  requireRoom(lab.pool, `take a snapshot of ${host}`);
  const inside = await subvolumesInside(lab.pool, hostRoot(lab, host), execute);
  if (inside.length > 0) {
    const path = inside[0]!.slice(hostRoot(lab, host).length);
    throw new GuiseError('lab_failed', `Cannot take a snapshot of ${host}: ${path} there is a subvolume of its own`);
  }
  writeRecord(lab, { ...record, snapshots: { ...snapshots, [label]: image } });
  await snapshotSubvolume(hostRoot(lab, host), snapshotRoot(lab, host, label), execute, 'read-only');
}

/** Does nothing when there is none. */
export async function discardSnapshot(lab: LabNames, host: string, label: string, execute: Execute): Promise<void> {
  const { snapshots = {}, ...record } = readRecord(lab, host);
  const root = snapshotRoot(lab, host, checkName(label, 'snapshot'));
  if (existsSync(root)) await deleteSubvolumes(lab.pool, [root], execute);
  const { [label]: _, ...others } = snapshots;
  writeRecord(lab, Object.keys(others).length === 0 ? record : { ...record, snapshots: others });
}

/** Undefined when there is none. */
export function findSnapshot(lab: LabNames, host: string, label: string): Snapshot | undefined {
  const root = snapshotRoot(lab, host, checkName(label, 'snapshot'));
  const image = readRecord(lab, host).snapshots?.[label];
  return image === undefined || !existsSync(root) ? undefined : { root, image };
}

export function snapshotNamed(lab: LabNames, host: string, label: string): Snapshot {
  const snapshot = findSnapshot(lab, host, label);
  if (snapshot !== undefined) return snapshot;
  throw new GuiseError('snapshot_not_found', `Cannot find the snapshot "${label}" of ${host}: there is none`);
}
