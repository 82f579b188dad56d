/**
 * Takes a host's identity away until it enrols again: open connections end on every replica, and none is let in after.
 *
 * Throws: `host_not_found`.
 */
import { GuiseError, type HostId } from '@guise/model';
import type { Database } from '../store/database.ts';
import { mutate } from '../store/database.ts';
import { findHost } from '../store/hosts.ts';
import { refuseIdentity } from '../store/identities.ts';
import type { Caller } from './caller.ts';

export async function revokeHost(database: Database, caller: Caller, hostId: HostId, reason?: string): Promise<void> {
  await mutate(database, caller.actor, async (tx) => {
    if ((await findHost(tx, hostId)) === null) {
      throw new GuiseError('host_not_found', `Cannot find the host "${hostId}"`);
    }
    const isNews = await refuseIdentity(tx, hostId, 'revoked', reason ?? `${caller.actor} revoked it`);
    if (!isNews) return { value: undefined, audit: null, signals: [] };
    return {
      value: undefined,
      audit: { action: caller.action, resource: `host/${hostId}`, detail: { reason: reason ?? null } },
      signals: [
        { type: 'identity', host_id: hostId },
        { type: 'event', event: 'host.identity_revoked', subject: hostId },
      ],
    };
  });
}
