/**
 * Snapshots of this host on its disk, by label, and whether a revert to one of them is under way.
 *
 * A record is written last: before it, there is no snapshot, whatever else was made for it. It has what the control plane is not told:
 * whole layers, names and digests of files. Invariant: each file is one whole state, the old or the new.
 * Throws: `snapshot_not_found`; `limit_exceeded` past `limits.snapshotsPerHost`, or when the disk is full; `journal_failed` when the disk
 * refuses.
 */
import { GuiseError, type Layer, limits } from '@guise/model';
import type { HostSnapshot } from '../engine/host-snapshot.ts';
import { isErrno } from '../host/refusal.ts';
import { makeStateDirectory } from '../host/state-directory.ts';
import { readStateFile, removeStateFile, stateFilesIn, writeStateFile } from '../host/state-file.ts';
import type { Declarations } from '../triggers/adaptation-memory.ts';

export interface SnapshotRecord {
  readonly label: string;
  /** Of the lease that it was made under. */
  readonly fence: number;
  readonly host: HostSnapshot;
  /** What people had said on this host. */
  readonly said: Pick<Declarations, 'declared' | 'holds'>;
  /** Services that ran, when every file of the root is in the snapshot too; null when only the journal tells what was. */
  readonly running: readonly string[] | null;
}

const suffix = '.json';
/** No label has a capital letter. */
const revertingName = 'REVERTING';

export class SnapshotStore {
  readonly #directory: string;

  constructor(stateDirectory: string) {
    this.#directory = `${stateDirectory}/snapshots`;
  }

  /** Where the files of the root are kept, if they are. */
  treeOf(label: string): string {
    return `${this.#directory}/${label}`;
  }

  /** For a new snapshot. */
  makeRoom(): void {
    const labels = this.#labels();
    if (labels.length >= limits.snapshotsPerHost) {
      throw new GuiseError(
        'limit_exceeded',
        `Cannot make a snapshot: this host has ${labels.length} already (${labels.join(', ')}); discard one first`,
      );
    }
    makeStateDirectory(this.#directory);
  }

  find(label: string): SnapshotRecord | null {
    return parse(readStateFile(this.#pathOf(label)));
  }

  get(label: string): SnapshotRecord {
    const record = this.find(label);
    if (record !== null) return record;
    const labels = this.#labels().join(', ') || 'none';
    throw new GuiseError('snapshot_not_found', `Cannot find the snapshot "${label}": this host has ${labels}`);
  }

  /** The snapshot is there when it returns. */
  keep(record: SnapshotRecord): void {
    this.#changing(() => writeStateFile(this.#pathOf(record.label), JSON.stringify(record)));
  }

  /** False when there was none. */
  forget(label: string): boolean {
    const isThere = this.find(label) !== null;
    if (this.reverting === label) this.endRevert();
    if (isThere) this.#changing(() => removeStateFile(this.#pathOf(label)));
    return isThere;
  }

  /** The label that a revert to has begun and not ended. */
  get reverting(): string | null {
    return readStateFile(`${this.#directory}/${revertingName}`);
  }

  /** On disk when it returns, before anything of the host changes. */
  beginRevert(label: string): void {
    this.#changing(() => writeStateFile(`${this.#directory}/${revertingName}`, label));
  }

  endRevert(): void {
    if (this.reverting !== null) this.#changing(() => removeStateFile(`${this.#directory}/${revertingName}`));
  }

  /** Layers that a revert would bring back: what they need must not be forgotten. */
  layers(): readonly Layer[] {
    return this.#labels().flatMap((label) => this.find(label)?.host.layers ?? []);
  }

  #labels(): readonly string[] {
    return stateFilesIn(this.#directory).flatMap((name) =>
      name.endsWith(suffix) ? name.slice(0, -suffix.length) : [],
    );
  }

  #pathOf(label: string): string {
    return `${this.#directory}/${label}${suffix}`;
  }

  #changing(change: () => void): void {
    try {
      change();
    } catch (cause) {
      if (isErrno(cause, 'ENOSPC', 'EDQUOT'))
        throw new GuiseError('limit_exceeded', 'Cannot keep the snapshot: no space is left on the disk', { cause });
      throw new GuiseError('journal_failed', `Cannot keep the snapshot in ${this.#directory}`, { cause });
    }
  }
}

/** One that cannot be read is as good as none: it was whole when it was written, so somebody else changed it. */
function parse(text: string | null): SnapshotRecord | null {
  try {
    const record = JSON.parse(text ?? 'null') as SnapshotRecord | null;
    const isWhole =
      typeof record?.host.fingerprint.digest === 'string' &&
      Array.isArray(record.host.layers) &&
      Array.isArray(record.said.holds);
    return isWhole ? record : null;
  } catch {
    return null;
  }
}
