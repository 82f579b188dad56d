/**
 * Two tenants of one persona, drawn from a pool, on one real host: each has its own and cannot have the other's, and one that leaves
 * changes nothing of the other.
 */
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Client } from '@guise/api';
import { parseHostId, parsePersonaId } from '@guise/model';
import { type RunningServer, startServer } from '@guise/server';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { clientOf, eventually, temporaryDirectory } from '../sim/control-plane.ts';
import { joinHosts } from './join-hosts.ts';
import { canBoot, testLab } from './test-lab.ts';

const library = resolve(import.meta.dirname, '../../personas');
const persona_id = parsePersonaId('tenant-app');
const host = { host_id: parseHostId('t1') };
const pool = { pool_id: 'apps' };
const ports = { red: 8101, blue: 8102 } as const;
type Tenant = keyof typeof ports;

describe('a pool of one real host', () => {
  const { lab, output, run } = testLab('test-tenants', []);
  const directory = temporaryDirectory();
  let server: RunningServer;
  let api: Client;

  beforeAll(async () => {
    if (!canBoot) return;
    const network = { agentHost: lab.outerAddress(), agentPort: 0 };
    server = await startServer({ stateDirectory: directory.path, port: 0, ...network, report: () => undefined });
    api = clientOf(server);
    await joinHosts(lab, server, ['t1']);
    const source = 'files/tenant-app/server.pl';
    const files = { [source]: readFileSync(join(library, source), 'utf8') };
    const document = readFileSync(join(library, 'tenant-app.yaml'), 'utf8');
    await api.publishPersona({ body: { document, files } });
    await api.createPool({ body: pool });
    await api.addPoolHost({ params: { ...pool, ...host } });
  }, 900_000);
  afterAll(async () => {
    if (canBoot) await server.close();
    directory.remove();
  });

  const activate = async (tenant: Tenant) => {
    const body = { persona_id, tenant, parameters: { port: ports[tenant] } };
    const { activation_id } = await api.createActivation({ params: pool, body });
    const read = () => api.getActivation({ params: { activation_id } });
    await eventually(
      `${tenant} is in service, or failed`,
      async () => ['active', 'failed'].includes((await read()).state),
      120_000,
    );
    expect(await read()).toMatchObject({ state: 'active', tries: [] });
    return activation_id;
  };
  const unitOf = (tenant: Tenant) => `tenant-app-${tenant}.service`;
  const property = (tenant: Tenant, name: string) =>
    output('t1', ['systemctl', 'show', '--value', `--property=${name}`, unitOf(tenant)]);
  const asTenant = (tenant: Tenant, ...command: readonly string[]) =>
    run('t1', [
      'setpriv',
      `--reuid=tenant-app-${tenant}`,
      `--regid=tenant-app-${tenant}`,
      '--clear-groups',
      ...command,
    ]);
  const page = (tenant: Tenant) =>
    fetch(`http://${lab.host('t1').address}:${ports[tenant]}/`).then((each) => each.text());
  const activations = new Map<Tenant, string>();

  it('has both in service, each for itself', async () => {
    for (const tenant of ['red', 'blue'] as const) activations.set(tenant, await activate(tenant));
    expect(await api.getHost({ params: host })).toMatchObject({ state: 'production', health: 'healthy' });
    for (const tenant of ['red', 'blue'] as const)
      expect(await page(tenant)).toBe(`tenant ${tenant} runs as tenant-app-${tenant}\n`);
    await eventually('the host says what it is', async () => {
      const { personas } = await api.getHost({ params: host });
      return personas.map(({ instance }) => instance).join() === 'tenant-app-blue,tenant-app-red';
    });
  });

  it.each([
    ['red', 'blue'],
    ['blue', 'red'],
  ] as const)('lets %s read its own and nothing of %s', async (own, other) => {
    const mine = await asTenant(own, 'cat', `/srv/tenant-app-${own}/tenant.conf`);
    expect([mine.status, mine.stdout]).toEqual([0, `tenant = ${own}\nport = ${ports[own]}\n`]);
    const tries = [
      ['cat', `/srv/tenant-app-${other}/tenant.conf`],
      ['ls', `/srv/tenant-app-${other}`],
      ['touch', `/srv/tenant-app-${other}/mine`],
      ['touch', `/usr/local/lib/tenant-app-${other}/server.pl`],
      ['kill', '-9', await property(other, 'MainPID')],
      ['cat', `/proc/${await property(other, 'MainPID')}/environ`],
    ];
    for (const command of tries) {
      const { status, stderr } = await asTenant(own, ...command);
      expect([command, status === 0, stderr]).toEqual([
        command,
        false,
        expect.stringMatching(/permission denied|not permitted/i),
      ]);
    }
  });

  it('holds each to its own limits, and lets only their ports in', async () => {
    for (const tenant of ['red', 'blue'] as const) {
      expect(await property(tenant, 'MemoryMax')).toBe(String(64 * 1024 * 1024));
      expect(await property(tenant, 'CPUQuotaPerSecUSec')).toBe('250ms');
      expect(await property(tenant, 'TasksMax')).toBe('16');
      expect(await property(tenant, 'ControlGroup')).toBe(`/system.slice/${unitOf(tenant)}`);
    }
    const rules = await output('t1', ['nft', 'list', 'ruleset']);
    for (const port of Object.values(ports)) expect(rules).toContain(String(port));
  });

  it('loses one, and nothing of the other changes', async () => {
    const files = () =>
      output('t1', [
        'find',
        '/srv/tenant-app-blue',
        '/usr/local/lib/tenant-app-blue',
        '-printf',
        '%p %i %m %u %g %s %T@ %C@\n',
      ]);
    const before = [
      await files(),
      await property('blue', 'MainPID'),
      await property('blue', 'ActiveEnterTimestampMonotonic'),
    ];
    const activation_id = activations.get('red') ?? '';
    await api.deleteActivation({ params: { activation_id } });
    const read = () => api.getActivation({ params: { activation_id } });
    await eventually('red is gone', async () => (await read()).state === 'ended', 120_000);
    expect(await api.getHost({ params: host })).toMatchObject({ state: 'production', reason: null });
    expect([
      await files(),
      await property('blue', 'MainPID'),
      await property('blue', 'ActiveEnterTimestampMonotonic'),
    ]).toEqual(before);
    expect(await page('blue')).toBe('tenant blue runs as tenant-app-blue\n');
    expect((await run('t1', ['getent', 'passwd', 'tenant-app-red'])).status).not.toBe(0);
    for (const path of ['/srv/tenant-app-red', '/usr/local/lib/tenant-app-red', `/etc/systemd/system/${unitOf('red')}`])
      expect([path, (await run('t1', ['test', '-e', path])).status]).toEqual([path, 1]);
    expect(await output('t1', ['nft', 'list', 'ruleset'])).not.toContain(String(ports.red));
  });

  it('is idle when the last has left, as it was before the first came', async () => {
    const activation_id = activations.get('blue') ?? '';
    await api.deleteActivation({ params: { activation_id } });
    await eventually('blue is gone', async () => (await api.getHost({ params: host })).state === 'idle', 120_000);
    expect((await run('t1', ['ls', '/srv'])).stdout).toBe('');
    const { free, capacity } = await api.getHost({ params: host });
    expect(free).toEqual(capacity);
  });
});
