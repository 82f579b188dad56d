/** Where in the state directory an agent keeps the fence of its lease, and what it looks at unless it is told otherwise. */
import { FenceStore } from './fence-store.ts';
import { LeaseHost, type LeaseHostParts } from './lease-host.ts';

const watchedByDefault: readonly string[] = ['/usr/local', '/opt', '/srv'];

export interface LeaseHereOptions extends Omit<LeaseHostParts, 'fences' | 'directories'> {
  readonly directories?: readonly string[] | undefined;
}

/** Throws: `journal_corrupt` when the fence cannot be read. */
export function leaseHere({ directories = watchedByDefault, ...parts }: LeaseHereOptions): LeaseHost {
  return new LeaseHost({ ...parts, directories, fences: new FenceStore(`${parts.stateDirectory}/lease.json`) });
}
