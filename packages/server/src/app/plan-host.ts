/** Asks a host what it would change to become what is desired of it now, whether or not that was sent already. */
import type { AnswerTo } from '@guise/api';
import type { HostId, Layer, ResolvedPersona } from '@guise/model';
import { GuiseError } from '@guise/model';
import type { Database } from '../store/database.ts';
import { readContents } from '../store/personas.ts';
import type { Vault } from '../store/vault.ts';
import type { AskHost } from './ask-host.ts';
import type { DesiredLayer } from './desired-layers.ts';
import { requireHost } from './hosts.ts';
import { noSecrets } from './needed-secrets.ts';
import { sealingFor } from './sealed-secrets.ts';
import { settleDesired } from './settle-desired.ts';

/** Throws: as asking a host does; `limit_exceeded` or `secret_not_found` when its assignments were refused. */
export async function planHost(
  database: Database,
  vault: Vault,
  ask: AskHost,
  hostId: HostId,
): Promise<AnswerTo<'plan'>> {
  await requireHost(database, hostId);
  const settled = (await settleDesired(database, [hostId])).get(hostId);
  const refused = settled?.row.refused ?? null;
  const needed = settled?.secrets ?? noSecrets;
  if (refused !== null) {
    const code = needed.names.length === 0 ? 'limit_exceeded' : 'secret_not_found';
    throw new GuiseError(code, `Cannot plan for "${hostId}": ${refused}`);
  }
  const secrets = (await sealingFor(database, vault, [needed]))(needed) ?? [];
  return ask(hostId, { ask: 'plan', layers: await wholeLayers(database, settled?.layers ?? []), secrets });
}

async function wholeLayers(database: Database, layers: readonly DesiredLayer[]): Promise<Layer[]> {
  const contents = await readContents(database, layers);
  return layers.map(({ digest: _digest, ...layer }) => ({
    ...layer,
    persona: JSON.parse(contents.get(`${layer.persona_id}@${layer.version}`) ?? 'null') as ResolvedPersona,
  }));
}
