/**
 * Whether a host that TLS has verified is let in: its identity must be active, and its certificate the newest, or the one before as
 * long as the newest was not used.
 *
 * Throws: `certificate_invalid`, `identity_locked`, `identity_revoked`.
 */
import { GuiseError, type HostId } from '@guise/model';
import type { Database } from '../store/database.ts';
import { type IdentityState, recordFirstUse, type Standing, standingsOf } from '../store/identities.ts';

export interface HostPeer {
  readonly hostId: HostId;
  /** Of its certificate, hexadecimal. */
  readonly serial: string;
}

export async function admitHost(database: Database, { hostId, serial }: HostPeer): Promise<void> {
  const [standing] = await standingsOf(database, [{ host_id: hostId, serial }]);
  const refusal = standing === undefined ? unknownCertificate(hostId) : judge(standing);
  if (refusal !== null) throw refusal;
  if (standing?.used === false) await recordFirstUse(database, serial);
}

/** Of those that were let in before: who would not be now, and why. */
export async function refusedHosts(
  database: Database,
  peers: readonly HostPeer[],
): Promise<readonly (HostPeer & { readonly refusal: GuiseError })[]> {
  if (peers.length === 0) return [];
  const standings = await standingsOf(
    database,
    peers.map(({ hostId, serial }) => ({ host_id: hostId, serial })),
  );
  return standings.flatMap((standing) => {
    const refusal = judge(standing);
    return refusal === null ? [] : [{ hostId: standing.host_id as HostId, serial: standing.serial, refusal }];
  });
}

export function refusalOf(hostId: string, state: Exclude<IdentityState, 'active'>, reason: string | null): GuiseError {
  const why = reason === null ? '' : `: ${reason}`;
  return state === 'locked'
    ? new GuiseError(
        'identity_locked',
        `The identity of "${hostId}" is locked${why}; guise host token ${hostId} enrols it again`,
      )
    : new GuiseError(
        'identity_revoked',
        `The identity of "${hostId}" is revoked${why}; guise host token ${hostId} enrols it again`,
      );
}

export function unknownCertificate(hostId: string): GuiseError {
  return refused(hostId, 'it is not of a host that is enrolled');
}

function judge({ host_id, state, reason, generation, ended, replaced }: Standing): GuiseError | null {
  if (state !== null && state !== 'active') return refusalOf(host_id, state, reason);
  if (state === null || generation === null) return unknownCertificate(host_id);
  if (ended === true) return refused(host_id, 'its time is over');
  return replaced ? refused(host_id, 'it was replaced by a newer one') : null;
}

function refused(hostId: string, why: string): GuiseError {
  return new GuiseError(
    'certificate_invalid',
    `Cannot accept this certificate of "${hostId}": ${why}; guise host token ${hostId} enrols it again`,
  );
}
