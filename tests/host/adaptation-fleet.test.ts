/**
 * Hosts that a control plane lets adapt: a tag brings the personas of a group, an event reaches the hosts it concerns and no others, a
 * hold counts, alerts and reasons are told; and without the control plane all but its events goes on.
 */
import type { Client } from '@guise/api';
import { parseHostId } from '@guise/model';
import { type RunningServer, startServer } from '@guise/server';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { clientOf, eventually, temporaryDirectory } from '../sim/control-plane.ts';
import { joinHosts } from './join-hosts.ts';
import { canBoot, testLab } from './test-lab.ts';

const names = ['h1', 'h2'] as const;
type Name = (typeof names)[number];

const at = (name: Name) => ({ host_id: parseHostId(name) });
const marking = (id: string, more: string) =>
  `guise: persona/v1\npersona_id: ${id}\nfiles: {/etc/guise-marks/${id}: {content: "${id}\\n"}}\n${more}`;
const documents = [
  marking('base', 'persona_groups: [edge]\nmonitoring: {thresholds: [{metric: memory, above: 0, alert: page}]}\n'),
  marking(
    'lockdown',
    'persona_groups: [edge]\nactivation_triggers: {external_event_subscriptions: {type: security.alert, for: 10s}}\n',
  ),
  marking('welcome', 'persona_groups: [edge]\nactivation_triggers: {user_profile_association: {user: alice}}\n'),
];

describe('two hosts of a control plane', () => {
  const { lab, run, output } = testLab('test-adaptation-fleet', []);
  const directory = temporaryDirectory();
  let server: RunningServer;
  let api: Client;

  beforeAll(async () => {
    if (!canBoot) return;
    const network = { agentHost: lab.outerAddress(), agentPort: 0 };
    server = await startServer({ stateDirectory: directory.path, port: 0, ...network, report: () => undefined });
    api = clientOf(server);
    await joinHosts(lab, server, names);
    for (const document of documents) await api.publishPersona({ body: { document } });
    await api.putHostTags({ params: at('h1'), body: { tags: { persona_group: 'edge' } } });
  }, 900_000);
  afterAll(async () => {
    if (canBoot) await server.close();
    directory.remove();
  });

  const marks = async (name: Name) => (await run(name, ['ls', '/etc/guise-marks'])).stdout.trim().split(/\s+/).join();
  const marksAre = (name: Name, ...ids: readonly string[]) =>
    eventually(`${name} is ${ids.join()}`, async () => (await marks(name)) === ids.join());

  it('gives the personas of a group to the host with the tag alone, and tells what is active and why', async () => {
    await marksAre('h1', 'base');
    expect(await marks('h2')).toBe('');
    await eventually('its candidates are told', async () => {
      const { candidates } = await api.getHostState({ params: at('h1') });
      return candidates.length === documents.length;
    });
    const { candidates } = await api.getHostState({ params: at('h1') });
    expect(candidates.filter(({ active }) => active)).toMatchObject([{ instance: 'base', decided_by: 'always' }]);
    await eventually('its alert is told', async () => {
      const { items } = await api.listAlerts({ query: {} });
      return items.some(({ key }) => key === 'threshold:base:memory_utilization:0');
    });
  });

  it('reaches with an event the host that it concerns, for as long as its persona says', async () => {
    await api.postEvents({
      body: { specversion: '1.0', id: 'e1', source: '/siem', type: 'security.alert' } as never,
    });
    await marksAre('h1', 'base', 'lockdown');
    const why = () => api.getHostWhy({ params: at('h1'), query: { address: 'file:/etc/guise-marks/lockdown' } });
    // The file is there before the switch is committed.
    await eventually('the host says why', async () => (await why()).layers.length > 0);
    expect((await why()).layers).toMatchObject([
      { instance: 'lockdown', decided_by: 'triggers', reason: expect.stringContaining('security.alert') },
    ]);
    expect(await marks('h2')).toBe('');
    await marksAre('h1', 'base');
  });

  it('holds a persona until the hold is released', async () => {
    const body = { instance: 'lockdown', effect: 'active', for: '1h', reason: 'a drill' } as const;
    const hold = await api.createHold({ params: at('h1'), body });
    await marksAre('h1', 'base', 'lockdown');
    const holds = async () => (await api.listHolds({ params: at('h1') })).holds;
    await eventually('the hold is told', async () => (await holds()).length > 0);
    expect(await holds()).toEqual([hold]);
    await api.deleteHold({ params: { ...at('h1'), hold_id: hold.id } });
    await marksAre('h1', 'base');
  });

  it('goes on by itself when the control plane is away', async () => {
    await server.close();
    await output('h1', ['useradd', 'alice']);
    const session = ['--property=PAMName=login', '--property=User=alice', '--setenv=XDG_SESSION_CLASS=user'];
    await output('h1', ['systemd-run', '--quiet', '--unit=login-alice', ...session, 'sleep', '300']);
    await marksAre('h1', 'base', 'welcome');
    await output('h1', ['systemctl', 'restart', 'guise-agent.service']);
    await marksAre('h1', 'base', 'welcome');
    await output('h1', ['systemctl', 'stop', 'login-alice']);
    await marksAre('h1', 'base');
    expect(await marks('h2')).toBe('');
  });
});
