/**
 * Takes a host back by hand: an order to its agent, and a suspension so that its assignments are not applied again at once.
 *
 * The suspension names the content that was desired. It ends by itself with the first other content, that is, when what the
 * host is assigned changes. It is recorded before the agent is told, and lifted again when the agent cannot be reached.
 * Throws: as asking a host does.
 */
import type { HostId } from '@guise/model';
import type { Database } from '../store/database.ts';
import { mutate } from '../store/database.ts';
import { type DesiredRow, writeDesired } from '../store/desired.ts';
import { signalsForHosts } from '../store/signal.ts';
import type { AskHost } from './ask-host.ts';
import type { Caller } from './caller.ts';
import { requireHost } from './hosts.ts';
import { permissionsToGoBack } from './permissions-to-go-back.ts';
import type { Trust } from './served-trust.ts';
import { settleBatch } from './settle-desired.ts';
import { stateDigest } from './state-digest.ts';

export async function rollbackHost(
  database: Database,
  trust: Trust,
  ask: AskHost,
  caller: Caller,
  hostId: HostId,
  to: 'previous' | 'baseline',
) {
  await requireHost(database, hostId);
  const suspendedAt = new Date();
  await suspend(database, trust, caller, hostId, { to, at: suspendedAt });
  try {
    const permissions = to === 'previous' ? await permissionsToGoBack(database, trust, hostId) : [];
    const answer = await ask(hostId, { ask: 'rollback', to, permissions });
    return { ...answer, suspended_at: suspendedAt.toISOString() };
  } catch (error) {
    await suspend(database, trust, caller, hostId, null);
    throw error;
  }
}

async function suspend(
  database: Database,
  trust: Trust,
  caller: Caller,
  hostId: HostId,
  suspension: { readonly to: string; readonly at: Date } | null,
): Promise<void> {
  await mutate(database, caller.actor, async (tx) => {
    const [settled] = await settleBatch(tx, trust, [hostId]);
    const suspendedDigest = suspension === null ? null : (settled?.row.digest ?? null);
    const next = settled && { ...settled.row, suspendedDigest, suspendedAt: suspension?.at ?? null };
    if (next !== undefined) await writeDesired(tx, [next]);
    return {
      value: undefined,
      audit: {
        action: caller.action,
        resource: `host/${hostId}`,
        detail: suspension === null ? { undone: 'the agent did not do it' } : { to: suspension.to },
        before: desiredDigest(settled?.row),
        after: desiredDigest(next),
        outcome: suspension === null ? 'failed' : 'done',
      },
      signals: [...signalsForHosts([hostId]), { type: 'event', event: 'host.rolled_back', subject: hostId }],
    };
  });
}

function desiredDigest(row: DesiredRow | undefined) {
  if (row === undefined) return null;
  return stateDigest({ generation: row.generation, digest: row.digest, suspended: row.suspendedDigest });
}
