/** Gives a host exactly these personas and waits for what comes of it. */
import { GuiseError, parsePersonaId, type TransactionReport } from '@guise/model';
import { awaitHosts, type HostOutcome, standingOf } from '../../remote/await-hosts.ts';
import type { Stage } from './step.ts';

/** Throws: `verify_failed` when the host did not switch, one way or the other. */
export async function switchHost(stage: Stage, personaIds: readonly string[]): Promise<TransactionReport> {
  const outcome = await settleHost(stage, personaIds);
  if (outcome?.type === 'switched') return outcome.transaction;
  throw new GuiseError(
    'verify_failed',
    `Cannot switch ${stage.hostId} to ${personaIds.join(', ')}: it is ${outcome?.type ?? 'gone'}`,
  );
}

/** The same where there may be nothing to change. */
export async function settleHost(
  { client, hostId, tell, signal }: Stage,
  personaIds: readonly string[],
): Promise<HostOutcome | undefined> {
  const since = await standingOf(client, [hostId]);
  await client.setHostPersonas({
    params: { host_id: hostId },
    body: { personas: personaIds.map((id) => ({ persona_id: parsePersonaId(id) })) },
  });
  const [outcome] = await awaitHosts(client, since, { tell, signal });
  return outcome;
}
