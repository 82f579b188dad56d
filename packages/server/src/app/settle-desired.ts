/**
 * Brings what is recorded as desired of hosts up to what their assignments say. Idempotent; safe in several processes at once.
 *
 * Shape: host ids → one entry for each host that exists.
 */
import { limits } from '@guise/model';
import { frozenHosts } from '../store/checkouts.ts';
import type { Database, Executor } from '../store/database.ts';
import type { Candidate, DesiredRow } from '../store/desired.ts';
import { lockDesired, readCandidates, writeDesired } from '../store/desired.ts';
import type { DesiredLayer, DesiredLayers } from './desired-layers.ts';
import { desiredLayers } from './desired-layers.ts';
import { type NeededSecrets, withNeededSecrets } from './needed-secrets.ts';
import { nextDesired, sameDesired } from './next-desired.ts';
import { permitGoingBack } from './permit-going-back.ts';
import type { Trust } from './served-trust.ts';

export interface Settled {
  readonly row: DesiredRow;
  /** Empty when refused. */
  readonly layers: readonly DesiredLayer[];
  readonly secrets: NeededSecrets;
}

export async function settleDesired(
  database: Database,
  trust: Trust,
  hostIds: readonly string[],
): Promise<ReadonlyMap<string, Settled>> {
  const settled = new Map<string, Settled>();
  for (let start = 0; start < hostIds.length; start += limits.hostsPerBatch) {
    const batch = hostIds.slice(start, start + limits.hostsPerBatch);
    for (const each of await database.transaction().execute((tx) => settleBatch(tx, trust, batch)))
      settled.set(each.row.hostId, each);
  }
  return settled;
}

/** Nothing is sent to a host that is being copied, made anew or brought back. */
const unchanged: DesiredLayers = { type: 'refused', reason: 'a checkout has the host in hand' };

export async function settleBatch(tx: Executor, trust: Trust, hostIds: readonly string[]): Promise<readonly Settled[]> {
  const rows = await lockDesired(tx, hostIds);
  const candidates = byHost(await permitGoingBack(tx, trust, await readCandidates(tx, hostIds)));
  const frozen = await frozenHosts(tx, hostIds);
  const reached = rows.map(({ hostId }) => {
    const own = candidates.get(hostId) ?? [];
    return { hostId, candidates: own, desired: frozen.has(hostId) ? unchanged : desiredLayers(own) };
  });
  const withSecrets = await withNeededSecrets(tx, reached);
  const settled = rows.flatMap((row, index): Settled[] => {
    const { desired, needed } = withSecrets[index]!;
    const layers = desired.type === 'layers' ? desired.layers : [];
    return [{ row: nextDesired(row, desired, needed.versions), layers, secrets: needed }];
  });
  const before = new Map(rows.map((row) => [row.hostId, row]));
  await writeDesired(
    tx,
    settled.map(({ row }) => row).filter((row) => !sameDesired(row, before.get(row.hostId) ?? row)),
  );
  return settled;
}

function byHost(candidates: readonly Candidate[]): ReadonlyMap<string, readonly Candidate[]> {
  return Map.groupBy(candidates, (candidate) => candidate.host_id);
}
