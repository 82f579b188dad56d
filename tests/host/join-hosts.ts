/** Hosts of a lab that are those of a control plane. */
import type { Lab } from '@guise/lab';
import { parseHostId } from '@guise/model';
import type { RunningServer } from '@guise/server';
import { clientOf, eventually } from '../sim/control-plane.ts';

const patienceMs = 60_000;

/** Boots them with agents that join, and waits until all are connected. The control plane has no others. */
export async function joinHosts(
  lab: Lab,
  server: Pick<RunningServer, 'url' | 'adminToken' | 'agentUrl'>,
  names: readonly string[],
  tags: Readonly<Record<string, string>> = {},
): Promise<void> {
  const api = clientOf(server);
  const specs = await Promise.all(
    names.map(async (name) => {
      const { join_token: token } = await api.createJoinToken({ body: { host_id: parseHostId(name), tags } });
      return { name, agentConfig: { name, server: server.agentUrl, token } };
    }),
  );
  await lab.up(specs);
  await eventually(
    'every host is connected',
    async () => (await api.listHosts({ query: { connected: 'true' } })).items.length === names.length,
    patienceMs,
  );
}
