/** Asks a host what it would change to become what is desired of it now, whether or not that was sent already. */
import type { AnswerTo, Ask } from '@guise/api';
import type { HostId } from '@guise/model';
import { GuiseError } from '@guise/model';
import type { Envelope } from '@guise/model/trust';
import type { Database } from '../store/database.ts';
import { readRollbacks } from '../store/rollback-statements.ts';
import { readEnvelopes } from '../store/version-envelopes.ts';
import type { AskHost } from './ask-host.ts';
import type { DesiredLayer } from './desired-layers.ts';
import { requireHost } from './hosts.ts';
import type { Trust } from './served-trust.ts';
import { settleDesired } from './settle-desired.ts';

type SignedLayer = Extract<Ask, { readonly ask: 'plan' }>['layers'][number];

/** Throws: as asking a host does; `limit_exceeded` when its assignments were refused. */
export async function planHost(
  database: Database,
  trust: Trust,
  ask: AskHost,
  hostId: HostId,
): Promise<AnswerTo<'plan'>> {
  await requireHost(database, hostId);
  const settled = (await settleDesired(database, trust, [hostId])).get(hostId);
  const refused = settled?.row.refused ?? null;
  if (refused !== null) throw new GuiseError('limit_exceeded', `Cannot plan for "${hostId}": ${refused}`);
  return ask(hostId, { ask: 'plan', layers: await signedLayers(database, settled?.layers ?? []) });
}

async function signedLayers(database: Database, layers: readonly DesiredLayer[]): Promise<SignedLayer[]> {
  const envelopes = await readEnvelopes(database, layers);
  const rollbacks = await readRollbacks(
    database,
    layers.flatMap(({ rollback }) => rollback ?? []),
  );
  return layers.map(({ digest: _digest, rollback, ...layer }) => ({
    ...layer,
    envelope: envelopeOf(envelopes.get(`${layer.persona_id}@${layer.version}`)),
    ...(rollback === undefined ? {} : { rollback: envelopeOf(rollbacks.get(rollback)) }),
  }));
}

/** As this control plane wrote it; a host verifies it. */
function envelopeOf(text: string | undefined): Envelope {
  return JSON.parse(text ?? 'null') as Envelope;
}
