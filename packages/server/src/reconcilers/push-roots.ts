/**
 * Sends connected agents the trust roots that follow theirs, when one was published, and on a period in case its signal was lost.
 *
 * Each agent verifies them one after the other, so it is sent every one, in order.
 */
import { decodeEnvelope } from '@guise/decide/trust';
import { limits } from '@guise/model';
import type { Envelope } from '@guise/model/trust';
import type { Connections } from '../app/connections.ts';
import type { Database, Executor } from '../store/database.ts';
import { rootsAfter } from '../store/trust-roots.ts';

export async function pushRoots(database: Database, connections: Connections): Promise<void> {
  const versions = new Set(connections.hostIds().flatMap((hostId) => connections.get(hostId)?.rootVersion ?? []));
  for (const version of versions) {
    const roots = await rootsFor(database, version);
    if (roots.length === 0) continue;
    const tail = Buffer.from(`${JSON.stringify(roots)}}`);
    for (const hostId of connections.hostIds()) {
      const connection = connections.get(hostId);
      if (connection?.rootVersion !== version) continue;
      connection.send('{"type":"roots","roots":', tail);
      connection.rootVersion = version + roots.length;
    }
  }
}

export async function rootsFor(db: Executor, version: number): Promise<readonly Envelope[]> {
  const roots = await rootsAfter(db, version, limits.rootsPerWelcome);
  return roots.map(({ envelope }) => decodeEnvelope(envelope));
}
