/** Traffic over HTTP: configured, looked at, and turned by hand, against a real haproxy and a real bind9. */
import { parseHostId } from '@guise/model';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { openTraffics } from '../app/traffic.ts';
import { RealNamed } from '../drivers/traffic/dns/real-named.ts';
import { RealHaproxy } from '../drivers/traffic/haproxy/real-haproxy.ts';
import { pathWithTestServers } from '../drivers/traffic/test-servers.ts';
import { openDatabase } from '../store/database.ts';
import { openVault } from '../store/vault.ts';
import { bearer } from '../test-fleet.ts';
import { TestServer } from '../test-server.ts';

const haproxy = new RealHaproxy();
const named = new RealNamed();
const server = new TestServer({ allowOutbound: ['127.0.0.0/8'], trafficSockets: [haproxy.directory] });
const path = process.env['PATH'];

beforeAll(async () => {
  process.env['PATH'] = pathWithTestServers();
  await Promise.all([haproxy.start(), named.start(), server.start()]);
  for (const host of ['h1', 'h2', 'h3']) await server.enrol(host);
  for (const host of ['h1', 'h3']) {
    await server.api.putHostTags({ params: { host_id: parseHostId(host) }, body: { tags: { role: 'web' } } });
  }
});
afterAll(async () => {
  process.env['PATH'] = path;
  await Promise.all([haproxy.stop(), named.stop(), server.stop()]);
});

const edge = { params: { name: 'edge' } };
const h1 = { params: { name: 'edge', host_id: parseHostId('h1') } };
const throughHaproxy = () => ({
  driver: 'haproxy' as const,
  hosts: 'role=web',
  settings: { endpoint: `unix:${haproxy.socket}`, backend: 'web' },
});
const throughDns = () => ({ driver: 'dns' as const, hosts: 'role=web', settings: named.settings });
const setEdge = () => server.api.putTraffic({ ...edge, body: throughHaproxy() });

async function inDatabase(text: string): Promise<void> {
  const database = await openDatabase(server.running.databaseUrl);
  try {
    await database
      .updateTable('fleet')
      .set({ state: text as 'production' })
      .where('host_id', '=', 'h1')
      .execute();
  } finally {
    await database.destroy();
  }
}

describe('what sends requests to hosts', () => {
  it('is set, shown with what it does now, and forgotten', async () => {
    expect(await setEdge()).toMatchObject({
      name: 'edge',
      driver: 'haproxy',
      settings: { server: '{host_id}' },
      updated_by: 'admin',
      live: null,
    });
    expect((await server.api.listTraffic()).items.map(({ name, live }) => [name, live])).toEqual([['edge', null]]);
    const shown = await server.api.getTraffic({ ...edge, query: { live: 'true' } });
    expect(shown.live).toEqual([
      { host_id: 'h1', state: { is_serving: true, under_way: 0 }, failed: null },
      { host_id: 'h3', state: null, failed: 'Cannot find web/h3 in edge' },
    ]);
    await server.api.deleteTraffic(edge);
    await expect(server.api.getTraffic(edge)).rejects.toMatchObject({ code: 'traffic_not_found' });
    await expect(server.api.deleteTraffic(edge)).rejects.toMatchObject({ code: 'traffic_not_found' });
  });

  it('leads a host out and back by hand, told to the audit before it is done', async () => {
    await setEdge();
    expect(await server.api.drainHost(h1)).toEqual({ is_serving: false, under_way: 0 });
    expect(await haproxy.get()).toBe('h2');
    expect(await server.api.restoreHost(h1)).toEqual({ is_serving: true, under_way: 0 });
    const { items } = await server.api.listAudit({ query: { resource: 'host/h1', action: 'traffic:drain' } });
    expect(items.map(({ detail }) => detail)).toEqual([
      { traffic: 'edge', to: 'serving' },
      { traffic: 'edge', to: 'drained' },
    ]);
  });

  it('is not led to a host that is not in production', async () => {
    await setEdge();
    await server.api.drainHost(h1);
    await inDatabase('checked_out');
    await expect(server.api.restoreHost(h1)).rejects.toMatchObject({
      code: 'host_busy',
      message: 'Cannot put h1 into traffic: it is checked_out, not in production',
    });
    expect(await haproxy.get()).toBe('h2');
    await inDatabase('production');
    await server.api.restoreHost(h1);
  });

  it('drains again what left production while its health was waited for', async () => {
    await setEdge();
    await server.api.drainHost(h1);
    const [backend] = haproxy.backends;
    backend.isHealthy = false;
    const restoring = server.api.restoreHost(h1);
    await vi.waitFor(async () => {
      const { items } = await server.api.listAudit({ query: { resource: 'host/h1', limit: 1 } });
      expect(items).toMatchObject([{ detail: { to: 'serving' } }]);
    });
    await inDatabase('checked_out');
    backend.isHealthy = true;
    await expect(restoring).rejects.toMatchObject({ code: 'host_busy' });
    expect(await haproxy.get()).toBe('h2');
    await inDatabase('production');
    await server.api.restoreHost(h1);
  });

  it('tells when a host does not become healthy in time, and a failure is in the audit', async () => {
    await setEdge();
    await server.api.drainHost(h1);
    const [backend] = haproxy.backends;
    backend.isHealthy = false;
    await expect(server.api.restoreHost({ ...h1, body: { deadline: '100ms' } })).rejects.toMatchObject({
      code: 'host_unavailable',
    });
    const { items } = await server.api.listAudit({ query: { resource: 'host/h1', limit: 1 } });
    expect(items).toMatchObject([{ outcome: 'failed', detail: { traffic: 'edge', to: 'serving' } }]);
    backend.isHealthy = true;
    await server.api.restoreHost(h1);
  });

  it('may be a name in DNS, whose key goes in and never out', async () => {
    await expect(server.api.putTraffic({ params: { name: 'dns' }, body: throughDns() })).rejects.toMatchObject({
      code: 'argument_invalid',
      message: expect.stringContaining('"tsig_secret"'),
    });
    const written = await server.api.putTraffic({
      params: { name: 'dns' },
      body: { ...throughDns(), tsig_secret: named.secret },
    });
    // The key stays when the rest is written anew.
    await server.api.putTraffic({ params: { name: 'dns' }, body: throughDns() });
    expect(await server.api.drainHost({ params: { ...h1.params, name: 'dns' } })).toEqual({
      is_serving: false,
      under_way: null,
    });
    expect(await named.addresses('web')).toEqual(['192.0.2.2', '2001:db8::2']);
    await server.api.restoreHost({ params: { ...h1.params, name: 'dns' } });
    expect(await named.addresses('web')).toHaveLength(4);
    const told = [written, await server.api.listTraffic(), await server.api.listAudit(), server.reports];
    expect(JSON.stringify(told)).not.toContain(named.secret);
    await server.api.deleteTraffic({ params: { name: 'dns' } });
  });

  it('gives no key to another driver or another of its name', async () => {
    const dns = { params: { name: 'again' } };
    await server.api.putTraffic({ ...dns, body: { ...throughDns(), tsig_secret: named.secret } });
    await server.api.putTraffic({ ...dns, body: throughHaproxy() });
    await expect(server.api.putTraffic({ ...dns, body: throughDns() })).rejects.toMatchObject({
      code: 'argument_invalid',
    });
    await server.api.deleteTraffic(dns);
  });

  it('is open to flows, each for the hosts that its selector names and its system knows', async () => {
    await setEdge();
    const database = await openDatabase(server.running.databaseUrl);
    try {
      const vault = openVault(server.running.masterKeyFile);
      const outbound = { allowOutbound: [], socketDirectories: [haproxy.directory] };
      const [traffic, ...others] = await openTraffics({ database, vault, outbound })();
      expect([traffic?.name, others]).toEqual(['edge', []]);
      // h2 has not the tag, h3 is no server of the backend, and nobody has h4.
      const served = await Promise.all(['h1', 'h2', 'h3', 'h4'].map(async (host) => traffic?.serves(host)));
      expect(served).toEqual([true, false, false, false]);
    } finally {
      await database.destroy();
    }
  });

  it('refuses what nobody could use, and tells no key back', async () => {
    const settings = { endpoint: `unix:${haproxy.socket}`, backend: 'web' };
    for (const body of [
      { driver: 'haproxy', hosts: 'role=web', settings: { ...settings, backend: 'web;show' } },
      { driver: 'haproxy', hosts: 'role=web', settings: { ...settings, server: 'h1' } },
      { driver: 'haproxy', hosts: 'role web', settings },
      { driver: 'haproxy', hosts: 'role=web', settings: { ...settings, endpoint: 'exec:/bin/sh' } },
      { driver: 'dns', hosts: 'role=web', settings: named.settings, tsig_secret: 'c2hvcnQ=' },
      {
        driver: 'dns',
        hosts: 'role=web',
        settings: { ...named.settings, name: 'web\nsend' },
        tsig_secret: named.secret,
      },
      { driver: 'nginx', hosts: 'role=web', settings },
    ]) {
      const answer = await server.request('PUT', '/traffic/bad', { body: JSON.stringify(body) });
      const text = await answer.text();
      expect([answer.status, text]).toEqual([400, expect.stringContaining('error')]);
      expect(text).not.toContain(named.secret);
    }
  });

  it.each(['unix:/etc/passwd', 'unix:/run/haproxy/admin.sock', 'tcp:10.0.0.1:9999', 'tcp:169.254.169.254:80'])(
    'is not asked at %s, where the control plane may not connect to',
    async (endpoint) => {
      const body = { ...throughHaproxy(), settings: { endpoint, backend: 'web' } };
      await expect(server.api.putTraffic({ ...edge, body })).rejects.toMatchObject({ code: 'address_refused' });
    },
  );

  it('is looked at by viewers and turned by operators', async () => {
    await setEdge();
    const viewer = await bearer(server, { roles: ['viewer'] });
    expect((await viewer.listTraffic()).items).toHaveLength(1);
    await expect(viewer.drainHost(h1)).rejects.toMatchObject({ code: 'not_permitted' });
    await expect(viewer.putTraffic({ ...edge, body: throughHaproxy() })).rejects.toMatchObject({
      code: 'not_permitted',
    });
    const operator = await bearer(server, { roles: ['operator'] });
    await operator.drainHost(h1);
    await operator.restoreHost(h1);
  });

  it('does not turn what it does not serve, nor for longer than somebody may wait', async () => {
    await setEdge();
    for (const host of ['h2', 'h3']) {
      const call = { params: { ...h1.params, host_id: parseHostId(host) } };
      await expect(server.api.drainHost(call)).rejects.toMatchObject({ code: 'traffic_not_found' });
    }
    await expect(server.api.drainHost({ ...h1, body: { deadline: '10m' } })).rejects.toMatchObject({
      code: 'limit_exceeded',
    });
  });
});
