/** The command line against a real control plane and an agent that answers: events, holds, alerts, and what is shown of them. */
import { join } from 'node:path';
import type { Hold } from '@guise/model';
import type { RunningServer } from '@guise/server';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BareAgent } from './bare-agent.ts';
import { clientOf, eventually, personaText, startTestServer, temporaryDirectory } from './control-plane.ts';
import { runGuise } from './run-guise.ts';

const directory = temporaryDirectory();
let server: RunningServer;
let agent: BareAgent;
let holds: readonly Hold[] = [];

const candidate = {
  instance: 'burst',
  persona_id: 'burst',
  version: 2,
  priority: 60,
  active: true,
  decided_by: 'triggers',
  reason: 'cpu_utilization was above 0.8 for 30s: 0.93',
  since: '2026-11-25T10:00:30.000Z',
} as const;

beforeAll(async () => {
  server = await startTestServer({ stateDirectory: join(directory.path, 'server') });
  agent = await BareAgent.join(server, server.agentUrl, 'h1', directory.path);
  agent.answer = (question) => {
    if (question.ask === 'hold') holds = [...holds, question.hold];
    const before = holds.length;
    if (question.ask === 'release') holds = holds.filter(({ id }) => id !== question.hold_id);
    agent.say({ type: 'candidates', candidates: [candidate], holds: [...holds] });
    return question.ask === 'hold' ? question.hold : { released: holds.length < before };
  };
  agent.say({ type: 'candidates', candidates: [candidate], holds: [] });
});
afterAll(async () => {
  await agent.close();
  await server.close();
  directory.remove();
});

const run = (...argv: readonly string[]) => runGuise(argv, { directory: directory.path, server });

const json = async (...argv: readonly string[]) => JSON.parse((await run(...argv, '--json')).out) as unknown;
const withoutChance = (text: string) =>
  text.replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}/g, 'ID').replaceAll(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/g, 'TIME');

describe('guise host hold', () => {
  it('holds, lists and releases, and guise host show tells of it', async () => {
    expect(await run('host', 'hold', 'h1')).toMatchObject({ code: 0, out: 'Nothing is held there.\n' });
    const made = await run('host', 'hold', 'h1', 'burst', '--inactive', '--for', '2h', '--reason', 'load test');
    const line = 'h1: burst is held inactive until TIME by admin: load test (hold ID)\n';
    expect({ ...made, out: withoutChance(made.out) }).toEqual({ code: 0, out: line, err: '' });
    await eventually('it is listed', async () => withoutChance((await run('host', 'hold', 'h1')).out) === line);
    const shown = withoutChance((await run('host', 'show', 'h1')).out);
    expect(shown).toContain(
      [
        '  candidates:',
        '    + burst@2, priority 60: active since TIME, by its triggers: cpu_utilization was above 0.8 for 30s: 0.93',
        '  burst is held inactive until TIME by admin: load test (hold ID)',
      ].join('\n'),
    );
    const [hold] = holds;
    expect(await json('host', 'show', 'h1')).toMatchObject({ candidates: [candidate], holds: [hold] });
    expect(await json('host', 'hold', 'h1')).toMatchObject({ holds: [hold] });
    const released = await run('host', 'hold', 'h1', '--release', hold?.id ?? '');
    expect(released).toMatchObject({ code: 0, out: 'h1: released\n' });
    expect(await run('host', 'hold', 'h1', '--release', hold?.id ?? '')).toMatchObject({
      code: 2,
      err: expect.stringContaining('Cannot find the hold'),
    });
  });

  it('holds every persona inactive', async () => {
    const until = new Date(Date.now() + 3_600_000).toISOString();
    const made = await json('host', 'hold', 'h1', '--baseline', '--until', until, '--reason', 'what is it');
    expect(made).toMatchObject({ instance: null, effect: 'inactive', until, owner: 'admin' });
  });
});

describe('guise persona group', () => {
  it('lists groups, and makes exactly these personas what one has', async () => {
    expect((await run('persona', 'group')).out).toBe('No persona is in a group.\n');
    for (const id of ['web', 'db']) await clientOf(server).publishPersona({ body: { document: personaText(id, 1) } });
    expect((await run('persona', 'group', 'edge', 'web', 'db')).out).toBe('edge: db web\n');
    expect((await run('persona', 'group')).out).toBe('edge: db web\n');
    expect(await json('persona', 'group', 'edge')).toEqual({ groups: [{ group: 'edge', personas: ['db', 'web'] }] });
    expect((await run('persona', 'group', 'edge', '--none')).out).toBe('edge: none\n');
    expect(await json('persona', 'group', 'edge')).toEqual({ groups: [] });
    expect((await run('persona', 'group', 'edge', 'nobody')).code).toBe(2);
  });
});

describe('guise event post', () => {
  it('tells how many hosts it is for, and what came before', async () => {
    const data = ['--data', '{"severity": 8}', '--attribute', 'level=7', '--attribute', 'team=red'];
    const event = ['event', 'post', '--type', 'security.alert', '--source', '/siem', '--id', 'a1'];
    expect(await run(...event, ...data, '--host', 'h1')).toEqual({ code: 0, out: 'Accepted, for 1 host.\n', err: '' });
    expect((await run(...event)).out).toBe('That id of that source was accepted before; nothing is sent again.\n');
    expect((await run('event', 'post', '--type', 'calm')).out).toBe('Accepted, and no host waits for it.\n');
    await eventually('it came', () => agent.events.length > 0);
    expect(agent.events).toEqual([
      {
        specversion: '1.0',
        id: 'a1',
        source: '/siem',
        type: 'security.alert',
        guisehost: 'h1',
        level: 7,
        team: 'red',
        data: { severity: 8 },
      },
    ]);
    expect(await json('event', 'post', '--type', 'calm')).toMatchObject({ accepted: 1, duplicates: 0, hosts: 0 });
  });

  it('passes on what is wrong with it', async () => {
    expect(await run('event', 'post', '--type', 'a', '--host', 'nobody')).toMatchObject({
      code: 2,
      err: expect.stringContaining('Cannot find the host "nobody"'),
    });
    expect(await run('event', 'post', '--type', 'a', '--group', 'g', '--tag', 'a=b')).toMatchObject({
      code: 2,
      err: expect.stringContaining('must be left out beside guisegroup'),
    });
  });
});

describe('guise alert ls', () => {
  it('lists what lasts, and with --all what is over', async () => {
    expect((await run('alert', 'ls')).out).toBe('Nothing is wrong as far as hosts have told.\n');
    const alert = {
      key: 'threshold:burst:0',
      type: 'threshold',
      severity: 'page',
      instance: 'burst',
      message: 'too much',
      raised_at: '2026-11-25T10:00:00.000Z',
      cleared_at: null,
    } as const;
    agent.say({ type: 'alerts', alerts: [alert] });
    await eventually('it is raised', async () => (await clientOf(server).listAlerts()).items.length > 0);
    expect((await run('alert', 'ls', 'h1')).out).toBe(
      [
        'HOST  SEVERITY  TYPE       PERSONA  RAISED                CLEARED  MESSAGE',
        'h1    page      threshold  burst    2026-11-25T10:00:00Z  lasts    too much\n',
      ].join('\n'),
    );
    agent.say({ type: 'alerts', alerts: [] });
    await eventually('it is over', async () => (await run('alert', 'ls')).out.startsWith('Nothing is wrong'));
    expect(await json('alert', 'ls', '--all')).toMatchObject({ alerts: [{ host_id: 'h1', key: 'threshold:burst:0' }] });
  });
});

describe('guise host token and revoke', () => {
  it('make a token with tags and a short life, and refuse what none can have', async () => {
    const made = (await json('host', 'token', '--tag', 'role=web', '--tag', 'env=prod', '--expires', '5m')) as {
      readonly join_token: string;
      readonly expires_at: string;
    };
    expect(made.join_token).toMatch(/^join_[\w-]{43}\.[0-9a-f]{64}$/);
    expect(Date.parse(made.expires_at)).toBeLessThanOrEqual(Date.now() + 301_000);
    const { items } = await clientOf(server).listAudit({ query: { resource: 'join-token' } });
    expect(items[0]?.detail).toMatchObject({ tags: { role: 'web', env: 'prod' } });
    for (const argv of [
      ['--expires', '1h'],
      ['--expires', 'soon'],
      ['--tag', 'role'],
    ]) {
      expect(await run('host', 'token', ...argv)).toMatchObject({ code: 2, out: '' });
    }
  });

  it('let a host in no more, and show it', async () => {
    const other = await BareAgent.join(server, server.agentUrl, 'h2', directory.path);
    expect(await run('host', 'revoke', 'h2', '--reason', 'lost')).toMatchObject({
      code: 0,
      out: 'h2 is let in no more\n',
    });
    await eventually('it is shown', async () => /^h2 +away, revoked/m.test((await run('host', 'ls')).out));
    expect((await run('host', 'show', 'h2')).out).toContain('h2: away, revoked');
    expect(await run('host', 'revoke', 'nobody')).toMatchObject({ code: 2 });
    await other.close();
  });
});
