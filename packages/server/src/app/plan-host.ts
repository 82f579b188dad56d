/** Asks a host what it would change to become what is desired of it now, whether or not that was sent already. */
import type { AnswerTo } from '@guise/api';
import type { HostId, Layer, ResolvedPersona } from '@guise/model';
import { GuiseError } from '@guise/model';
import type { Database } from '../store/database.ts';
import { readContents } from '../store/personas.ts';
import type { AskHost } from './ask-host.ts';
import type { DesiredLayer } from './desired-layers.ts';
import { requireHost } from './hosts.ts';
import { settleDesired } from './settle-desired.ts';

/** Throws: as asking a host does; `limit_exceeded` when its assignments were refused. */
export async function planHost(database: Database, ask: AskHost, hostId: HostId): Promise<AnswerTo<'plan'>> {
  await requireHost(database, hostId);
  const settled = (await settleDesired(database, [hostId])).get(hostId);
  const refused = settled?.row.refused ?? null;
  if (refused !== null) throw new GuiseError('limit_exceeded', `Cannot plan for "${hostId}": ${refused}`);
  return ask(hostId, { ask: 'plan', layers: await wholeLayers(database, settled?.layers ?? []) });
}

async function wholeLayers(database: Database, layers: readonly DesiredLayer[]): Promise<Layer[]> {
  const contents = await readContents(database, layers);
  return layers.map(({ digest: _digest, ...layer }) => ({
    ...layer,
    persona: JSON.parse(contents.get(`${layer.persona_id}@${layer.version}`) ?? 'null') as ResolvedPersona,
  }));
}
