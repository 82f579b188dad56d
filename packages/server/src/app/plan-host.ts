/** Asks a host what it would change to become what is desired of it now, whether or not that was sent already. */
import type { AnswerTo, Ask } from '@guise/api';
import type { HostId } from '@guise/model';
import { GuiseError } from '@guise/model';
import type { Envelope } from '@guise/model/trust';
import type { Database } from '../store/database.ts';
import { readRollbacks } from '../store/rollback-statements.ts';
import type { Vault } from '../store/vault.ts';
import { readEnvelopes } from '../store/version-envelopes.ts';
import type { AskHost } from './ask-host.ts';
import type { DesiredLayer } from './desired-layers.ts';
import { requireHost } from './hosts.ts';
import { noSecrets } from './needed-secrets.ts';
import { sealingFor } from './sealed-secrets.ts';
import type { Trust } from './served-trust.ts';
import { settleDesired } from './settle-desired.ts';

type SignedLayer = Extract<Ask, { readonly ask: 'plan' }>['layers'][number];

interface PlanHostParts {
  readonly database: Database;
  readonly trust: Trust;
  readonly vault: Vault;
  readonly ask: AskHost;
}

/** Throws: as asking a host does; `limit_exceeded` or `secret_not_found` when its assignments were refused. */
export async function planHost(
  { database, trust, vault, ask }: PlanHostParts,
  hostId: HostId,
): Promise<AnswerTo<'plan'>> {
  await requireHost(database, hostId);
  const settled = (await settleDesired(database, trust, [hostId])).get(hostId);
  const refused = settled?.row.refused ?? null;
  const needed = settled?.secrets ?? noSecrets;
  if (refused !== null) {
    const code = needed.names.length === 0 ? 'limit_exceeded' : 'secret_not_found';
    throw new GuiseError(code, `Cannot plan for "${hostId}": ${refused}`);
  }
  const secrets = (await sealingFor(database, vault, [needed]))(needed) ?? [];
  return ask(hostId, { ask: 'plan', layers: await signedLayers(database, settled?.layers ?? []), secrets });
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
