/** What agents are asked on behalf of whoever has their hosts. */
import type { HostId, Json } from '@guise/model';
import { GuiseError } from '@guise/model';

export interface LeaseAgents {
  /** From now on the agent refuses what comes with a smaller fence. Throws: as asking a host does. */
  tell(hostId: HostId, fence: bigint): Promise<void>;
  /** Runs the tests of these instances, one after another. Throws: as asking a host does. */
  runTests(hostId: HostId, fence: bigint, instances: readonly string[]): Promise<Json>;
}

/** Of agents that know nothing of leases: what is done to their hosts is fenced by their providers alone. */
export const unawareAgents: LeaseAgents = {
  tell: async () => undefined,
  runTests: async (hostId) => {
    throw new GuiseError('capability_missing', `Cannot run tests on "${hostId}": its agent cannot`);
  },
};
