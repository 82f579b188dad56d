/**
 * The permissions that a host needs to become what it was before its last switch: those that authors signed for it, or, where this
 * control plane signs, made now. A host without one that it needs refuses to go.
 */
import { decodeEnvelope } from '@guise/decide/trust';
import type { HostId } from '@guise/model';
import type { Envelope } from '@guise/model/trust';
import type { Database } from '../store/database.ts';
import { readFormerCandidates } from '../store/desired.ts';
import { layersBeforeLast } from '../store/reports.ts';
import { readRollbacks } from '../store/rollback-statements.ts';
import { permitGoingBack } from './permit-going-back.ts';
import type { Trust } from './served-trust.ts';

export async function permissionsToGoBack(database: Database, trust: Trust, hostId: HostId): Promise<Envelope[]> {
  return database.transaction().execute(async (tx) => {
    const former = await readFormerCandidates(tx, hostId, await layersBeforeLast(tx, hostId));
    const permitted = await permitGoingBack(tx, trust, former);
    const ids = permitted.flatMap(({ rollback }) => rollback ?? []);
    return [...(await readRollbacks(tx, ids)).values()].map((text) => decodeEnvelope(text));
  });
}
