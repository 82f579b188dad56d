/** Agents that decide for themselves, and a control plane of two replicas that tells them what happened and what people decided. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Client } from '@guise/api';
import { parseHostId, parsePersonaId } from '@guise/model';
import type { RunningServer } from '@guise/server';
import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  clientOf,
  enrolTestHost,
  eventually,
  personaText,
  startTestAgent,
  startTestServer,
  type TestAgent,
  temporaryDirectory,
} from './control-plane.ts';

const directory = temporaryDirectory();
let here: RunningServer;
let there: RunningServer;
let api: Client;
const agents = new Map<string, TestAgent>();

beforeAll(async () => {
  here = await startTestServer({ stateDirectory: join(directory.path, 'here') });
  there = await startTestServer({
    stateDirectory: join(directory.path, 'there'),
    masterKeyFile: join(directory.path, 'here', 'master.key'),
    database: here.databaseUrl,
  });
  api = clientOf(here);
  for (const [name, server] of [
    ['h1', here],
    ['h2', there],
    ['h3', there],
  ] as const) {
    const own = join(directory.path, name);
    mkdirSync(own);
    await enrolTestHost(here, name, own);
    agents.set(name, startTestAgent(server.agentUrl, name, own));
  }
  const leaf = '{type: security.alert, where: "event.severity >= 7", for: 1h}';
  const document = `${personaText('lockdown', 1)}activation_triggers: {external_event_subscriptions: ${leaf}}\n`;
  await api.publishPersona({ body: { document } });
  await api.putPersonaGroup({ params: { group: 'edge' }, body: { personas: [parsePersonaId('lockdown')] } });
  for (const name of ['h1', 'h2'])
    await api.putHostTags({ params: at(name), body: { tags: { persona_group: 'edge' } } });
  for (const name of ['h1', 'h2'])
    await eventually(`${name} has the candidate`, async () => (await candidates(name)).length === 1);
});
afterAll(async () => {
  await Promise.all([...agents.values()].map(({ link }) => link.close()));
  await there.close();
  await here.close();
  directory.remove();
});

const at = (name: string) => ({ host_id: parseHostId(name) });
const candidates = async (name: string) => (await api.getHostState({ params: at(name) })).candidates;
const active = () =>
  [...agents]
    .filter(([, { engine }]) => engine.active().some(({ instance }) => instance === 'lockdown'))
    .map(([name]) => name);

const post = (id: string, severity: number) =>
  clientOf(there).postEvents({
    body: { specversion: '1.0', id, source: '/siem', type: 'security.alert', data: { severity } },
  });

it('an event activates a persona on the hosts of its group alone, and each says why', async () => {
  expect(active()).toEqual([]);
  expect(await candidates('h1')).toMatchObject([{ instance: 'lockdown', active: false, decided_by: 'triggers' }]);
  expect(await post('mild', 3)).toMatchObject({ hosts: 2 });
  expect(await post('grave', 8)).toMatchObject({ hosts: 2 });
  await eventually('both are locked down', () => active().join() === 'h1,h2');
  await eventually('h2 says so', async () => (await candidates('h2'))[0]?.active === true);
  expect(agents.get('h3')?.engine.applied.flat()).toEqual([]);
  expect((await candidates('h2'))[0]).toMatchObject({
    decided_by: 'triggers',
    reason: expect.stringContaining('security.alert'),
  });
});

it('a hold outranks the event on one host, and its release gives it back', async () => {
  const body = { instance: 'lockdown', effect: 'inactive', for: '2h', reason: 'false alarm' } as const;
  const hold = await api.createHold({ params: at('h2'), body });
  await eventually('h2 is free', () => active().join() === 'h1');
  await eventually(
    'the hold is shown',
    async () => (await api.listHolds({ params: at('h2') })).holds[0]?.id === hold.id,
  );
  await eventually('h2 says so', async () => (await candidates('h2'))[0]?.decided_by === 'hold');
  await api.deleteHold({ params: { ...at('h2'), hold_id: hold.id } });
  await eventually('h2 is locked down again', () => active().join() === 'h1,h2');
  await eventually('no hold is shown', async () => (await api.listHolds({ params: at('h2') })).holds.length === 0);
  expect(active()).toEqual(['h1', 'h2']);
});

it('a host that leaves the group loses the persona', async () => {
  await api.putHostTags({ params: at('h1'), body: { tags: {} } });
  await eventually('h1 is free', () => active().join() === 'h2');
  await eventually('h1 says so', async () => (await candidates('h1')).length === 0);
  expect(active()).toEqual(['h2']);
});
