/** What makes hosts adapt themselves, between two control planes on one database and agents on either. */
import { join } from 'node:path';
import type { Client } from '@guise/api';
import { type CandidateReport, GuiseError, type Hold, parseHostId, parsePersonaId } from '@guise/model';
import type { RunningServer } from '@guise/server';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BareAgent } from './bare-agent.ts';
import { clientOf, eventually, personaText, startTestServer, temporaryDirectory } from './control-plane.ts';

const directory = temporaryDirectory();
let here: RunningServer;
let there: RunningServer;
let api: Client;
const agents = new Map<string, BareAgent>();

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
    ['h3', here],
    ['h4', there],
  ] as const) {
    agents.set(name, await BareAgent.join(here, server.agentUrl, name, directory.path));
  }
});
afterAll(async () => {
  await Promise.all([...agents.values()].map((agent) => agent.close()));
  await there.close();
  await here.close();
  directory.remove();
});

const at = (name: string) => ({ host_id: parseHostId(name) });

function agent(name: string): BareAgent {
  const found = agents.get(name);
  if (found === undefined) throw new Error(`There is no agent ${name}`);
  return found;
}

let posted = 0;
async function post(event: Record<string, string | object>, server = here) {
  posted += 1;
  return clientOf(server).postEvents({
    body: { specversion: '1.0', id: `e${posted}`, source: '/test', type: 'test', ...event } as never,
  });
}

const heardBy = (id: string) =>
  [...agents].flatMap(([name, { events }]) => events.filter((event) => event.id === id).map(() => name));

/** Whoever would hear of it after this has heard. */
async function everybodyHeard(): Promise<void> {
  const id = `mark-${posted}`;
  for (const server of [here, there]) await post({ id: `${id}-${server.url}`, guisetag: 'fleet=all' }, server);
  await eventually('all heard the mark', () =>
    [...agents.values()].every(({ events }) => events.filter((event) => event.id.startsWith(id)).length === 2),
  );
}

const waitsFor = (id: string, leaf: string) =>
  `guise: persona/v1\npersona_id: ${id}\nactivation_triggers: {external_event_subscriptions: ${leaf}}\n`;

describe('an event', () => {
  beforeAll(async () => {
    for (const name of agents.keys()) await api.putHostTags({ params: at(name), body: { tags: { fleet: 'all' } } });
    await api.publishPersona({ body: { document: waitsFor('on-alert', '{type: security.alert, for: 1h}') } });
    await api.putHostGroup({ params: { group: 'web' }, body: { hosts: [parseHostId('h1'), parseHostId('h2')] } });
    await api.assignToGroup({ params: { group: 'web', persona_id: parsePersonaId('on-alert') }, body: {} });
  });

  it('reaches the hosts whose group has a persona that waits for it, and no others, whichever replica takes it', async () => {
    for (const [id, server] of [
      ['alert-here', here],
      ['alert-there', there],
    ] as const) {
      const receipt = await post({ id, type: 'security.alert', data: { severity: 8 } }, server);
      expect(receipt).toEqual({ accepted: 1, duplicates: 0, hosts: 2 });
      await everybodyHeard();
      expect(heardBy(id)).toEqual(['h1', 'h2']);
    }
    expect(agent('h2').events.find(({ id }) => id === 'alert-here')).toEqual({
      specversion: '1.0',
      id: 'alert-here',
      source: '/test',
      type: 'security.alert',
      data: { severity: 8 },
    });
  });

  it('reaches those that it names, each once, also when it is posted twice', async () => {
    await post({ id: 'named', guisegroup: 'web' });
    await post({ id: 'named', guisegroup: 'web' }, there);
    await post({ id: 'one', guisehost: 'h4' });
    await everybodyHeard();
    expect(heardBy('named')).toEqual(['h1', 'h2']);
    expect(heardBy('one')).toEqual(['h4']);
  });

  it('of no concern to anybody reaches nobody', async () => {
    expect(await post({ id: 'nobody', type: 'security.calm' })).toMatchObject({ accepted: 1, hosts: 0 });
    await everybodyHeard();
    expect(heardBy('nobody')).toEqual([]);
  });

  it('comes in the order in which it was posted', async () => {
    for (let index = 0; index < 50; index += 1) await post({ id: `row-${index}`, guisehost: 'h2' });
    await eventually('all came', () => agent('h2').events.filter(({ id }) => id.startsWith('row-')).length === 50);
    expect(
      agent('h2')
        .events.map(({ id }) => id)
        .filter((id) => id.startsWith('row-')),
    ).toEqual(Array.from({ length: 50 }, (_, index) => `row-${index}`));
  });

  it('is counted where it is sent', async () => {
    const { url, adminToken } = there;
    const response = await fetch(`${url}/metrics`, { headers: { authorization: `Bearer ${adminToken}` } });
    expect(await response.text()).toMatch(/^guise_events_sent_total [1-9]\d*$/m);
  });
});

describe('the tag persona_group', () => {
  it('brings the personas of the group, and takes them away, without anybody asking', async () => {
    await api.publishPersona({ body: { document: personaText('calm', 10) } });
    await api.publishPersona({ body: { document: personaText('busy', 20) } });
    await api.putPersonaGroup({ params: { group: 'edge' }, body: { personas: [parsePersonaId('calm')] } });
    const tags = (more: Record<string, string>) => ({ tags: { fleet: 'all', ...more } });
    await api.putHostTags({ params: at('h4'), body: tags({ persona_group: 'edge' }) });
    await eventually('calm came', () => agent('h4').desired.join() === 'calm');
    await api.putPersonaGroup({ params: { group: 'edge' }, body: { personas: [] } });
    await eventually('calm left', () => agent('h4').desired.join() === '');
    const named = `${personaText('busy', 21)}persona_groups: [edge]\n`;
    await clientOf(there).publishPersona({ body: { document: named } });
    await eventually('busy came by its own word', () => agent('h4').desired.join() === 'busy');
    await api.publishPersona({ body: { document: personaText('busy', 22) } });
    await eventually('busy left the group', () => agent('h4').desired.join() === '');
    await api.putHostTags({ params: at('h4'), body: tags({}) });
    expect(agent('h4').heard.filter(({ type }) => type === 'desired')).toHaveLength(4);
  });
});

const candidate: CandidateReport = {
  instance: 'on-alert',
  persona_id: 'on-alert',
  version: 1,
  priority: 50,
  active: true,
  decided_by: 'triggers',
  reason: 'security.alert of /test came at 2026-11-25T10:00:30Z',
  since: '2026-11-25T10:00:30.000Z',
};

describe('a hold', () => {
  it('is asked of an agent on another replica, shown as it reports it, and released', async () => {
    const h2 = agent('h2');
    const holds: Hold[] = [];
    h2.answer = (question) => {
      if (question.ask === 'hold') holds.push(question.hold);
      if (question.ask === 'release') return { released: holds.splice(0).some(({ id }) => id === question.hold_id) };
      return question.ask === 'hold' ? question.hold : null;
    };
    const body = { instance: 'on-alert', effect: 'inactive', for: '2h', reason: 'patching' } as const;
    const hold = await api.createHold({ params: at('h2'), body });
    expect(holds).toEqual([hold]);
    expect(hold).toMatchObject({ instance: 'on-alert', effect: 'inactive', reason: 'patching', owner: 'admin' });
    expect(Date.parse(hold.until) - Date.parse(hold.from)).toBe(2 * 3_600_000);

    const ended = { ...hold, id: 'ended', until: '2026-01-01T00:00:00.000Z', from: '2025-12-31T00:00:00.000Z' };
    h2.say({
      type: 'candidates',
      candidates: [{ ...candidate, decided_by: 'hold', active: false }],
      holds: [hold, ended],
    });
    await eventually('the hold is shown', async () => (await api.listHolds({ params: at('h2') })).holds.length > 0);
    expect((await api.listHolds({ params: at('h2') })).holds).toEqual([hold]);
    const state = await api.getHostState({ params: at('h2') });
    expect(state.holds).toEqual([hold]);
    expect(state.candidates).toMatchObject([{ instance: 'on-alert', active: false, decided_by: 'hold' }]);

    await api.deleteHold({ params: { ...at('h2'), hold_id: hold.id } });
    await expect(api.deleteHold({ params: { ...at('h2'), hold_id: hold.id } })).rejects.toMatchObject({
      code: 'hold_not_found',
    });
    const { items } = await api.listAudit({ query: { resource: 'host/h2' } });
    expect(items.filter(({ action }) => action === 'host:hold').map(({ detail }) => detail)).toEqual([
      { released: hold.id, undone: 'the agent did not do it' },
      { released: hold.id },
      { released: hold.id },
      { hold },
    ]);
  });

  it('that the agent refuses is refused in its words', async () => {
    agent('h1').answer = () => new GuiseError('persona_not_found', 'Cannot hold "nothing": it is no candidate here');
    const body = { instance: 'nothing', for: '2h', reason: 'trying' };
    await expect(api.createHold({ params: at('h1'), body })).rejects.toMatchObject({
      code: 'persona_not_found',
      message: 'Cannot hold "nothing": it is no candidate here',
    });
  });

  it.each([
    [{ instance: 'web', reason: 'no end' }, 'argument_invalid'],
    [{ instance: 'web', reason: 'two ends', for: '1h', until: '2099-01-01T00:00:00Z' }, 'argument_invalid'],
    [{ instance: 'web', reason: 'past', until: '2020-01-01T00:00:00Z' }, 'argument_invalid'],
    [{ instance: 'web', reason: 'too long', for: '31d' }, 'argument_invalid'],
    [{ instance: 'web', reason: '', for: '1h' }, 'argument_invalid'],
    [{ instance: null, effect: 'active', reason: 'everything', for: '1h' }, 'argument_invalid'],
  ] as const)('%j is refused before anybody is asked', async (body, code) => {
    const before = agent('h3').heard.length;
    await expect(api.createHold({ params: at('h3'), body })).rejects.toMatchObject({ code });
    expect(agent('h3').heard).toHaveLength(before);
  });
});

describe('reports of an agent', () => {
  const raised = {
    key: 'threshold:web:memory_utilization:0',
    type: 'threshold',
    severity: 'page',
    instance: 'web',
    message: 'memory_utilization was above 0.9 for 1m: 0.95',
    raised_at: '2026-11-25T10:00:00.000Z',
    cleared_at: null,
  } as const;

  it('raise an alert and clear it, for those who list and those who watch on any replica', async () => {
    const abort = new AbortController();
    const response = await fetch(`${there.url}/events`, {
      headers: { authorization: `Bearer ${there.adminToken}` },
      signal: abort.signal,
    });
    let heard = '';
    const reading = (async () => {
      for await (const chunk of response.body ?? []) heard += new TextDecoder().decode(chunk);
    })().catch(() => undefined);
    const turns = () =>
      [...heard.matchAll(/^event: alert\.(\w+)\ndata: .*"subject":"([^"]+)"/gm)].map(([, turn, of]) => `${turn} ${of}`);
    agent('h1').say({ type: 'alerts', alerts: [raised] });
    agent('h1').say({ type: 'alerts', alerts: [raised] });
    await eventually(
      'it is raised',
      async () => (await api.listAlerts({ query: { active: 'true' } })).items.length === 1,
    );
    await eventually('watchers heard', () => turns().length === 1);
    const metrics = async () =>
      (await fetch(`${here.url}/metrics`, { headers: { authorization: `Bearer ${here.adminToken}` } })).text();
    await eventually('it is counted', async () =>
      (await metrics()).includes('guise_alerts_active{type="threshold",severity="page"} 1'),
    );
    agent('h1').say({ type: 'alerts', alerts: [{ ...raised, cleared_at: '2026-11-25T10:05:00.000Z' }] });
    await eventually(
      'it is cleared',
      async () => (await api.listAlerts({ query: { active: 'true' } })).items.length === 0,
    );
    await eventually('watchers heard', () => turns().length === 2);
    expect(turns()).toEqual([`raised h1/${raised.key}`, `cleared h1/${raised.key}`]);
    const { items } = await clientOf(there).listAlerts({ query: { host_id: parseHostId('h1') } });
    expect(items).toMatchObject([{ ...raised, host_id: 'h1', cleared_at: '2026-11-25T10:05:00.000Z' }]);
    expect((await api.listAlerts({ query: { host_id: parseHostId('h2') } })).items).toEqual([]);
    abort.abort();
    await reading;
  });

  it('tell what is active where, in state and in the metrics of the fleet', async () => {
    for (const name of ['h1', 'h3']) agent(name).say({ type: 'candidates', candidates: [candidate], holds: [] });
    const metrics = async () =>
      (await fetch(`${there.url}/metrics`, { headers: { authorization: `Bearer ${there.adminToken}` } })).text();
    await eventually('it is counted', async () =>
      (await metrics()).includes('guise_hosts_with_persona_active{persona="on-alert"} 2'),
    );
    expect((await api.getHostState({ params: at('h3') })).candidates).toEqual([candidate]);
  });

  it('with characters that a database does not take are taken all the same', async () => {
    const odd = { ...raised, key: 'odd', message: 'a\u0000b' };
    agent('h3').say({ type: 'alerts', alerts: [odd] });
    await eventually(
      'it is raised',
      async () => (await api.listAlerts({ query: { host_id: parseHostId('h3') } })).items.length === 1,
    );
    const { items } = await api.listAlerts({ query: { host_id: parseHostId('h3') } });
    expect(items[0]?.message).toBe('a\ufffdb');
  });

  it('say why a layer is active', async () => {
    const layers = [
      {
        instance: 'on-alert',
        decided_by: 'triggers',
        reason: candidate.reason,
        since: candidate.since,
        assigned_by: 'group:web by admin',
      },
    ];
    agent('h2').answer = () => ({ address: 'file:/etc/motd', managed: true, live: {}, fields: [], layers });
    const why = await api.getHostWhy({ params: at('h2'), query: { address: 'file:/etc/motd' } });
    expect(why.layers).toEqual(layers);
  });
});
