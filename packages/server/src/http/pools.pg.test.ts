/** Pools over HTTP: who is in them, what their hosts do, and who may draw what from which. No agent is connected. */
import { type HostId, parseHostId, parsePersonaId } from '@guise/model';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Database, openDatabase } from '../store/database.ts';
import { bearer, makeFleet } from '../test-fleet.ts';
import { TestServer } from '../test-server.ts';

const server = new TestServer();
const [shop1, shop2, data1] = [parseHostId('shop-1'), parseHostId('shop-2'), parseHostId('data-1')];
const [web, db] = [parsePersonaId('web'), parsePersonaId('db')];
let database: Database;
let poolId = '';
let made = 0;

beforeAll(async () => {
  await server.start();
  database = await openDatabase(server.running.databaseUrl);
  await makeFleet(server);
});
afterAll(async () => {
  await database.destroy();
  await server.stop();
});
beforeEach(async () => {
  for (const { host_id, pool } of (await server.api.listHosts()).items)
    if (pool !== null) await server.api.removePoolHost({ params: { pool_id: pool, host_id } });
  poolId = `p${made++}`;
  await server.api.createPool({ body: { pool_id: poolId } });
});

const inPool = (host_id: HostId, pool_id = poolId) => ({ params: { pool_id, host_id } });
const hostOf = (host_id: HostId) => server.api.getHost({ params: { host_id } });
const setState = (host: HostId, state: 'checked_out' | 'quarantined' | 'production' | 'idle') =>
  database.updateTable('fleet').set({ state }).where('host_id', '=', host).execute();

describe('a pool', () => {
  it('is made once, told with its hosts, changed, and removed when it has none', async () => {
    await expect(server.api.createPool({ body: { pool_id: poolId } })).rejects.toMatchObject({ code: 'pool_exists' });
    await server.api.addPoolHost(inPool(shop1));
    expect(await server.api.getPool({ params: { pool_id: poolId } })).toMatchObject({
      policy: { warm: 0 },
      created_by: 'admin',
      hosts: { idle: 1, production: 0 },
      warm: 0,
    });
    const removing = { params: { pool_id: poolId } };
    await expect(server.api.deletePool(removing)).rejects.toMatchObject({ code: 'pool_in_use' });
    await server.api.removePoolHost(inPool(shop1));
    await server.api.deletePool(removing);
    await expect(server.api.getPool(removing)).rejects.toMatchObject({ code: 'pool_not_found' });
    const { items } = await server.api.listAudit({ query: { resource: `pool/${poolId}` } });
    expect(items.map(({ action, after }) => [action, after === null])).toEqual([
      ['pool:write', true],
      ['pool:write', false],
    ]);
  });

  it('says with what hosts are to be kept ready, and that must be there', async () => {
    const put = (policy: { warm: number; persona_id?: typeof web }) =>
      server.api.putPool({ params: { pool_id: poolId }, body: { policy } });
    await expect(put({ warm: 1 })).rejects.toThrow('Cannot keep 1 hosts ready: persona_id must say with what');
    await expect(put({ warm: 1, persona_id: parsePersonaId('nothing') })).rejects.toMatchObject({
      code: 'persona_not_found',
    });
    expect((await put({ warm: 0, persona_id: web })).policy).toEqual({ warm: 0, persona_id: 'web' });
  });
});

describe('a host', () => {
  it('is in production, and idle from when it comes into a pool until it leaves', async () => {
    expect(await hostOf(shop1)).toMatchObject({ state: 'production', pool: null, lease: null, health: 'unknown' });
    await server.api.addPoolHost(inPool(shop1));
    await server.api.addPoolHost(inPool(shop1));
    expect(await hostOf(shop1)).toMatchObject({ state: 'idle', pool: poolId });
    const idle = await server.api.listHosts({ query: { state: 'idle', pool: poolId } });
    expect(idle.items.map(({ host_id }) => host_id)).toEqual([shop1]);
    expect((await server.api.listHosts({ query: { state: 'production', pool: poolId } })).items).toEqual([]);
    await server.api.removePoolHost(inPool(shop1));
    expect(await hostOf(shop1)).toMatchObject({ state: 'production', pool: null });
    const { items } = await server.api.listAudit({ query: { resource: 'host/shop-1', action: 'pool:write' } });
    expect(items.slice(0, 2).map(({ detail }) => detail)).toEqual([
      { pool_id: null, state: 'production' },
      { pool_id: poolId, state: 'idle' },
    ]);
    expect(items[0]?.before).toBe(items[1]?.after);
  });

  it('comes into no pool that is not there, and into no second one', async () => {
    await expect(server.api.addPoolHost(inPool(shop1, 'nowhere'))).rejects.toMatchObject({ code: 'pool_not_found' });
    const nobody = parseHostId('nobody');
    await expect(server.api.addPoolHost(inPool(nobody))).rejects.toMatchObject({ code: 'host_not_found' });
    await expect(server.api.removePoolHost(inPool(shop1))).rejects.toMatchObject({ code: 'host_not_found' });
    await server.api.addPoolHost(inPool(shop1));
    await server.api.createPool({ body: { pool_id: `${poolId}-other` } });
    await expect(server.api.addPoolHost(inPool(shop1, `${poolId}-other`))).rejects.toThrow(
      `Cannot put "shop-1" into the pool "${poolId}-other": it is in the pool "${poolId}"`,
    );
  });

  it.each(['checked_out', 'quarantined'] as const)('that is %s neither comes nor goes', async (state) => {
    await setState(shop1, state);
    await expect(server.api.addPoolHost(inPool(shop1))).rejects.toMatchObject({ code: 'host_busy' });
    await setState(shop1, 'production');
    await server.api.addPoolHost(inPool(shop1));
    await setState(shop1, state);
    await expect(server.api.removePoolHost(inPool(shop1))).rejects.toMatchObject({ code: 'host_busy' });
    await setState(shop1, 'idle');
  });

  it('tells what it has, what of it is free, and what provides it', async () => {
    const facts = JSON.stringify({ cpu_cores: 8, memory_mb: 16_000, storage_gb: 100 });
    await database.updateTable('hosts').set({ facts }).where('host_id', '=', shop2).execute();
    const provider = { provider: 'lab', provider_host: 'lab/shop-2', machine: 'm1' };
    await server.api.putHostProvider({ params: { host_id: shop2 }, body: provider });
    expect(await hostOf(shop2)).toMatchObject({
      provider: 'lab',
      machine: 'm1',
      capacity: { cpu_cores: 8, memory_mb: 16_000, storage_gb: 100 },
      free: { cpu_cores: 8, memory_mb: 16_000, storage_gb: 100 },
      personas: [],
      drift: null,
    });
    expect(await hostOf(data1)).toMatchObject({ capacity: { cpu_cores: null, memory_mb: null, storage_gb: null } });
  });
});

describe('what is asked of a pool', () => {
  const ask = (body: Parameters<typeof server.api.createActivation>[0]['body']) =>
    server.api.createActivation({ params: { pool_id: poolId }, body });

  it('is refused when it cannot be, before anything is begun', async () => {
    const unknown = { persona_id: parsePersonaId('nothing') };
    await expect(ask(unknown)).rejects.toMatchObject({ code: 'persona_not_found' });
    await expect(ask({ persona_id: web, version: 9 })).rejects.toMatchObject({ code: 'version_not_found' });
    await expect(ask({ persona_id: web, parameters: { x: 1 } })).rejects.toMatchObject({ code: 'parameter_invalid' });
    await expect(ask({ persona_id: web, selector: '!' })).rejects.toMatchObject({ code: 'argument_invalid' });
    await expect(ask({ persona_id: web, tenant: 'a'.repeat(64) })).rejects.toMatchObject({ code: 'argument_invalid' });
    const nowhere = { params: { pool_id: 'nowhere' }, body: { persona_id: web } };
    await expect(server.api.createActivation(nowhere)).rejects.toMatchObject({ code: 'pool_not_found' });
    expect((await server.api.listActivations({ params: { pool_id: poolId } })).items).toEqual([]);
  });

  it('fails with why, for each host', async () => {
    await server.api.addPoolHost(inPool(shop1));
    await server.api.addPoolHost(inPool(shop2));
    await setState(shop2, 'quarantined');
    const { activation_id } = await ask({ persona_id: web });
    const read = () => server.api.getActivation({ params: { activation_id } });
    await expect.poll(async () => (await read()).state).toBe('failed');
    expect((await read()).tries).toEqual([
      { host_id: 'shop-1', reason: 'its agent is away' },
      { host_id: 'shop-2', reason: 'it is quarantined' },
    ]);
    const { items } = await server.api.listAudit({ query: { resource: `activation/${activation_id}` } });
    expect(items.map(({ actor }) => actor)).toEqual([`activation/${activation_id}`, 'admin']);
    expect(items[0]?.before).toBe(items[1]?.after);
    const left = await server.api.deleteActivation({ params: { activation_id } });
    expect(left.state).toBe('failed');
    await setState(shop2, 'idle');
  });

  it('is nothing when nobody asked', async () => {
    const activation_id = '00000000-0000-4000-8000-000000000000';
    for (const call of [server.api.getActivation, server.api.deleteActivation])
      await expect(call({ params: { activation_id } })).rejects.toMatchObject({ code: 'activation_not_found' });
  });
});

describe('who may', () => {
  it('draw what from which pool is for a policy to say', async () => {
    await server.api.addPoolHost(inPool(shop1));
    await server.api.createPool({ body: { pool_id: `${poolId}-other` } });
    const text = `
      permit (principal in Role::"drawer", action == Action::"pool:activate", resource == Pool::"${poolId}")
      when { context.persona in Category::"web_server" };
      permit (principal in Role::"drawer", action == Action::"pool:read", resource == Pool::"${poolId}");
      permit (principal in Role::"drawer", action == Action::"host:read", resource in Pool::"${poolId}");`;
    await server.api.putPolicy({ params: { name: 'drawer' }, body: { text } });
    const api = await bearer(server, { roles: ['drawer'] });
    const denied = { code: 'not_permitted' };
    const draw = (pool_id: string, persona_id: typeof web) =>
      api.createActivation({ params: { pool_id }, body: { persona_id } });
    const { activation_id } = await draw(poolId, web);
    await expect(draw(poolId, db)).rejects.toMatchObject(denied);
    await expect(draw(`${poolId}-other`, web)).rejects.toMatchObject(denied);
    expect((await api.listPools()).items.map(({ pool_id }) => pool_id)).toEqual([poolId]);
    // What hosts are in is remembered for a moment, and forgotten when that changes.
    await expect.poll(async () => (await api.listHosts()).items.map(({ host_id }) => host_id)).toEqual([shop1]);
    await api.getActivation({ params: { activation_id } });
    await api.deleteActivation({ params: { activation_id } });
    const other = await server.api.createActivation({ params: { pool_id: poolId }, body: { persona_id: db } });
    const others = { params: { activation_id: other.activation_id } };
    await expect(api.deleteActivation(others)).rejects.toMatchObject(denied);
    await expect(api.removePoolHost(inPool(shop1))).rejects.toMatchObject(denied);
  });

  it('fill a pool must have both the pool and the host', async () => {
    const text = `permit (principal in Role::"filler", action == Action::"pool:write", resource == Pool::"${poolId}");
      permit (principal in Role::"filler", action == Action::"pool:write", resource in Tag::"team=shop");`;
    await server.api.putPolicy({ params: { name: 'filler' }, body: { text } });
    const api = await bearer(server, { roles: ['filler'] });
    await api.addPoolHost(inPool(shop1));
    await expect(api.addPoolHost(inPool(data1))).rejects.toMatchObject({ code: 'not_permitted' });
    await expect(api.addPoolHost(inPool(shop2, 'elsewhere'))).rejects.toMatchObject({ code: 'not_permitted' });
    const ready = { params: { pool_id: poolId }, body: { policy: { warm: 0, persona_id: web } } };
    await expect(api.putPool(ready)).rejects.toMatchObject({ code: 'not_permitted' });
  });

  it('draw with a token for one persona draws that and no other', async () => {
    const api = await bearer(server, { roles: ['operator'], scope: { personas: [web] } });
    await api.createActivation({ params: { pool_id: poolId }, body: { persona_id: web } });
    const other = { params: { pool_id: poolId }, body: { persona_id: db } };
    await expect(api.createActivation(other)).rejects.toMatchObject({ code: 'not_permitted' });
    const ofHost = await bearer(server, { roles: ['operator'], scope: { hosts: [shop1] } });
    const drawing = { params: { pool_id: poolId }, body: { persona_id: web } };
    await expect(ofHost.createActivation(drawing)).rejects.toMatchObject({ code: 'not_permitted' });
  });
});

describe('a stream of events', () => {
  it('with tags is of the hosts that have them, as they come and go, and of nothing else', async () => {
    const abort = new AbortController();
    const response = await fetch(`${server.running.url}/events?tags=team%3Dshop,env%21%3Dold`, {
      headers: { authorization: `Bearer ${server.running.adminToken}` },
      signal: abort.signal,
    });
    const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
    let text = '';
    const until = async (words: string) => {
      while (!text.includes(words)) text += (await reader.read()).value ?? '';
    };
    await until('welcome');
    const tag = (host_id: HostId, tags: Record<string, string>) =>
      server.api.putHostTags({ params: { host_id }, body: { tags } });
    await server.api.addPoolHost(inPool(data1));
    await server.api.addPoolHost(inPool(shop1));
    await tag(shop2, { team: 'shop', env: 'old' });
    await server.api.addPoolHost(inPool(shop2));
    await tag(data1, { team: 'shop' });
    await server.api.removePoolHost(inPool(data1));
    await tag(data1, { team: 'data' });
    await tag(shop2, { team: 'shop' });
    await server.api.removePoolHost(inPool(shop1));
    await server.api.addPoolHost(inPool(shop1));
    await until(
      '"host.state","subject":"shop-1"}\n\nevent: host.state\ndata: {"type":"host.state","subject":"shop-1"}',
    );
    abort.abort();
    const told = [...text.matchAll(/^data: (.*)$/gm)].map(
      ([, json]) => JSON.parse(json!) as { type: string; subject: string },
    );
    expect(told.map(({ type, subject }) => `${type} ${subject}`)).toEqual([
      'host.state shop-1',
      'host.tagged shop-2',
      'host.tagged data-1',
      'host.state data-1',
      'host.tagged data-1',
      'host.tagged shop-2',
      'host.state shop-1',
      'host.state shop-1',
    ]);
  });

  it('refuses tags that nobody can read', async () => {
    const headers = { authorization: `Bearer ${server.running.adminToken}` };
    const response = await fetch(`${server.running.url}/events?tags=%21`, { headers });
    expect(response.status).toBe(400);
  });
});
