/** Where in the state directory an agent keeps what a lease needs, and what it looks at unless it is told otherwise. */
import type { Layer } from '@guise/model';
import { FenceStore } from './fence-store.ts';
import { LeaseHost, type LeaseHostParts } from './lease-host.ts';
import { SnapshotStore } from './snapshot-store.ts';

const watchedByDefault: readonly string[] = ['/usr/local', '/opt', '/srv'];

export interface LeaseHereOptions extends Omit<LeaseHostParts, 'fences' | 'snapshots' | 'directories'> {
  readonly directories?: readonly string[] | undefined;
}

/** Throws: `journal_corrupt` when the fence cannot be read. */
export function leaseHere({ directories = watchedByDefault, ...parts }: LeaseHereOptions): LeaseHost {
  const { stateDirectory } = parts;
  return new LeaseHost({
    ...parts,
    directories,
    snapshots: new SnapshotStore(stateDirectory),
    fences: new FenceStore(`${stateDirectory}/lease.json`),
  });
}

/** Whose secrets a revert needs. */
export function layersInSnapshots(stateDirectory: string): readonly Layer[] {
  return new SnapshotStore(stateDirectory).layers();
}
