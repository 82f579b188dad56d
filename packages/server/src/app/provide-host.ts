/**
 * What provides a host: which driver, what that calls it, and the machine that it shares.
 *
 * Throws: `host_not_found`, `host_busy` while somebody has borrowed it, because its snapshot is where it was taken.
 */
import { GuiseError, type HostId } from '@guise/model';
import { alertSignals, contentionAlert, setOwnAlert } from '../store/alerts.ts';
import type { Database } from '../store/database.ts';
import { mutate } from '../store/database.ts';
import { isLeased, lockFleetHost, type Provider, setProviderOf } from '../store/fleet.ts';
import type { Caller } from './caller.ts';
import { noHost } from './hosts.ts';
import { stateDigest } from './state-digest.ts';

export async function provideHost(
  database: Database,
  caller: Caller,
  hostId: HostId,
  after: Provider,
): Promise<Provider> {
  return mutate(database, caller.actor, async (tx) => {
    const host = await lockFleetHost(tx, hostId);
    if (host === null) throw noHost(hostId);
    if (await isLeased(tx, hostId))
      throw new GuiseError('host_busy', `Cannot change what provides "${hostId}": somebody has borrowed it`);
    const { provider, provider_host, machine } = host;
    await setProviderOf(tx, hostId, after);
    // What it lacked was on the machine that it was on.
    const turns = await setOwnAlert(tx, hostId, contentionAlert, null);
    return {
      value: after,
      audit: {
        action: caller.action,
        resource: `host/${hostId}`,
        detail: { ...after },
        before: stateDigest({ provider, provider_host, machine }),
        after: stateDigest({ ...after }),
      },
      signals: [{ type: 'event', event: 'host.provided', subject: hostId }, ...alertSignals(turns)],
    };
  });
}
