/** Pools from the command line: a real control plane, and agents that really connect and follow. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { GuiseError } from '@guise/model';
import type { RunningServer } from '@guise/server';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
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
import { runGuise } from './run-guise.ts';

const directory = temporaryDirectory();
const agents = new Map<string, TestAgent>();
let server: RunningServer;

beforeAll(async () => {
  server = await startTestServer({ stateDirectory: join(directory.path, 'server') });
  for (const name of ['h1', 'h2']) {
    const own = join(directory.path, name);
    mkdirSync(own);
    await enrolTestHost(server, name, own);
    agents.set(name, startTestAgent(server.agentUrl, name, own));
  }
  await eventually('both are connected', () => [...agents.values()].every(({ link }) => link.connected));
  await clientOf(server).publishPersona({ body: { document: personaText('web', 10) } });
  const document = `${personaText('shop', 10)}parameters: {port: {type: integer}}\n`;
  await clientOf(server).publishPersona({ body: { document } });
});
afterAll(async () => {
  for (const { link } of agents.values()) await link.close();
  await server.close();
  directory.remove();
});

const run = (...argv: readonly string[]) => runGuise(argv, { directory: directory.path, server });

const activated = async (...argv: readonly string[]) =>
  JSON.parse((await run('activate', ...argv, '--wait', '--json')).out) as {
    readonly activation_id: string;
    readonly host_id: string;
    readonly state: string;
  };
const withoutIds = (text: string) => text.replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}/g, 'ID');
const activeOn = (name: string) =>
  agents
    .get(name)
    ?.engine.active()
    .map(({ instance }) => instance);

describe('guise pool', () => {
  it('is made, filled, listed and shown', async () => {
    expect((await run('pool', 'ls')).out).toBe('There is no pool yet: guise pool new makes one.\n');
    expect(await run('pool', 'new', 'edge')).toMatchObject({ code: 0, out: 'edge is there, without hosts\n' });
    expect(await run('pool', 'new', 'edge')).toMatchObject({ code: 3 });
    const added = await run('pool', 'add', 'edge', 'h1', 'h2');
    expect(added).toMatchObject({ code: 0, out: 'h1 is idle in edge\nh2 is idle in edge\n' });
    expect((await run('pool', 'ls')).out).toMatch(/^POOL +IDLE +HOSTS +READY\nedge +2 +2 idle\n$/);
    expect((await run('pool', 'show', 'edge')).out).toBe(
      'edge: 2 idle\n  ready: none is kept\n  h1: idle\n  h2: idle\n',
    );
    expect((await run('host', 'ls', '--pool', 'edge')).out).toMatch(
      /HOST +AGENT +STATE +POOL.*\nh1 +connected +idle +edge/,
    );
  });

  it('refuses what it cannot be', async () => {
    expect(await run('pool', 'set', 'edge')).toMatchObject({ code: 2, err: expect.stringContaining('it is missing') });
    expect(await run('pool', 'set', 'edge', '--warm', '1')).toMatchObject({ code: 2 });
    expect(await run('pool', 'rm', 'edge')).toMatchObject({ code: 3, err: expect.stringContaining('it has 2 hosts') });
    expect(await run('pool', 'remove', 'edge', 'h3')).toMatchObject({ code: 2 });
  });
});

describe('guise activate', () => {
  it('puts a host into service, and guise deactivate gives it back', async () => {
    const made = await run('activate', 'edge', 'web', '--wait');
    expect({ ...made, out: withoutIds(made.out) }).toMatchObject({ code: 0, out: 'ID: web active on h1\n' });
    expect(withoutIds(made.err)).toContain('ID: web');
    expect(activeOn('h1')).toEqual(['web']);
    const id = made.out.slice(0, made.out.indexOf(':'));
    expect(withoutIds((await run('pool', 'show', 'edge')).out)).toContain('  activations:\n    ID: web active on h1\n');
    expect(await run('pool', 'remove', 'edge', 'h1')).toMatchObject({ code: 3 });
    expect(withoutIds((await run('deactivate', id, '--wait')).out)).toBe('ID: web ended on h1\n');
    expect(activeOn('h1')).toEqual([]);
  });

  it('has tenants share a host, with parameters as they are declared', async () => {
    const red = await activated('edge', 'shop', '--tenant', 'red', '--param', 'port=81');
    const blue = await activated('edge', 'shop', '--tenant', 'blue', '--param', 'port=82');
    expect([red.host_id, blue.host_id]).toEqual(['h1', 'h1']);
    expect(activeOn('h1')).toEqual(['shop-blue', 'shop-red']);
    for (const { activation_id } of [red, blue]) await run('deactivate', activation_id, '--wait');
    expect(activeOn('h1')).toEqual([]);
  });

  it('goes on to the next host where it fails, and says why when none is left', async () => {
    const engine = agents.get('h1')!.engine;
    engine.failNext = new GuiseError('requirements_unmet', 'Cannot be this here');
    const first = await activated('edge', 'web');
    expect(first).toMatchObject({ state: 'active', host_id: 'h2' });
    engine.failNext = new GuiseError('requirements_unmet', 'Cannot be this here');
    const failed = await run('activate', 'edge', 'web', '--wait');
    expect({ ...failed, out: withoutIds(failed.out) }).toMatchObject({
      code: 1,
      out: 'ID: web failed\n  h1: Cannot be this here\n  h2: it is in production\n',
    });
    await run('deactivate', first.activation_id, '--wait');
  });

  it('takes what is kept ready', async () => {
    expect((await run('pool', 'set', 'edge', '--warm', '1', '--persona', 'web')).out).toMatch(
      /^edge: \d of 1 as web\n$/,
    );
    await eventually('one is ready', async () =>
      (await run('pool', 'show', 'edge')).out.includes('ready: 1 of 1 as web'),
    );
    const switches = agents.get('h1')!.engine.applied.length;
    const { host_id, state } = await activated('edge', 'web');
    expect([host_id, state]).toEqual(['h1', 'active']);
    expect(agents.get('h1')!.engine.applied.length).toBe(switches);
  });
});
