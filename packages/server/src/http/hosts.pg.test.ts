/** Hosts, their tags and groups, and what is assigned to them, over HTTP. No agent is connected. */
import { parseHostId, parsePersonaId } from '@guise/model';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { personaText, TestServer } from '../test-server.ts';

const server = new TestServer();
beforeAll(() => server.start());
afterAll(() => server.stop());
const host = (name: string) => ({ host_id: parseHostId(name) });
const web = parsePersonaId('web');
const db = parsePersonaId('db');

beforeAll(async () => {
  for (const name of ['h1', 'h2', 'h3']) await server.enrol(name);
  const parameters = 'parameters: {workers: {type: integer, default: 4, maximum: 64}}\n';
  await server.api.publishPersona({ body: { document: personaText('web', 10, `${parameters}priority: 60\n`) } });
  await server.api.publishPersona({ body: { document: personaText('db', 20) } });
  await server.api.publishPersona({ body: { document: personaText('db', 21) } });
});

async function desiredOf(name: string) {
  return (await server.api.getHost({ params: host(name) })).desired;
}

describe('hosts', () => {
  it('are listed by tag selector', async () => {
    await server.api.putHostTags({ params: host('h1'), body: { tags: { role: 'web', env: 'prod' } } });
    await server.api.putHostTags({ params: host('h2'), body: { tags: { role: 'web', env: 'test' } } });
    const idsWith = async (tags: string) =>
      (await server.api.listHosts({ query: { tags } })).items.map(({ host_id }) => host_id);
    expect(await idsWith('role=web')).toEqual(['h1', 'h2']);
    expect(await idsWith('role=web,env!=prod')).toEqual(['h2']);
    expect(await idsWith('env')).toEqual(['h1', 'h2']);
    expect(await idsWith('role!=web')).toEqual(['h3']);
    expect((await server.api.listHosts({ query: { connected: 'true' } })).items).toEqual([]);
  });

  it('that are not there are 404 everywhere', async () => {
    const params = host('nobody');
    const calls = [
      server.api.getHost({ params }),
      server.api.getHostState({ params }),
      server.api.getHostPlan({ params }),
      server.api.getHostHistory({ params }),
      server.api.rollbackHost({ params, body: {} }),
      server.api.putHostTags({ params, body: { tags: {} } }),
      server.api.deleteHost({ params }),
      server.api.putHostGroup({ params: { group: 'g' }, body: { hosts: [params.host_id] } }),
    ];
    for (const outcome of await Promise.allSettled(calls)) {
      expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'host_not_found' } });
    }
  });

  it('that are not connected cannot be asked, and a rollback of them leaves no suspension behind', async () => {
    const outcome = server.api.rollbackHost({ params: host('h3'), body: { to: 'baseline' } });
    await expect(outcome).rejects.toMatchObject({ code: 'host_unavailable' });
    expect((await desiredOf('h3')).suspended).toBe(false);
  });
});

describe('assignments', () => {
  it('reach a host by itself, its tags and its groups; the nearest wins an instance name', async () => {
    await server.api.assignToTag({ params: { tag: 'env=test', persona_id: web }, body: { priority: 10 } });
    await server.api.putHostGroup({ params: { group: 'rack-1' }, body: { hosts: [parseHostId('h2')] } });
    await server.api.assignToGroup({ params: { group: 'rack-1', persona_id: db }, body: { version: 1 } });
    await server.api.assignToGroup({ params: { group: 'rack-1', persona_id: web }, body: {} });
    const { layers, generation } = await desiredOf('h2');
    expect(layers.map((layer) => [layer.instance, layer.version, layer.priority, layer.assigned_by])).toEqual([
      ['db', 1, 50, 'group:rack-1 by admin'],
      ['web', 1, 10, 'tag:env=test by admin'],
    ]);
    await server.api.assignToHost({ params: { ...host('h2'), persona_id: web }, body: { parameters: { workers: 8 } } });
    const after = await desiredOf('h2');
    expect(after.layers[1]).toMatchObject({
      priority: 60,
      parameters: { workers: 8 },
      assigned_by: 'host:h2 by admin',
    });
    expect(after.generation).toBe(generation + 1);
    expect(await desiredOf('h2')).toEqual(after);
  });

  it('may be the same persona twice, under two names, and one name is one persona', async () => {
    const to = (persona_id: typeof web) => ({ ...host('h1'), persona_id });
    await server.api.assignToHost({ params: to(web), body: { instance: 'tenant-a' } });
    await server.api.assignToHost({ params: to(web), body: { instance: 'tenant-b', parameters: { workers: 2 } } });
    await expect(server.api.assignToHost({ params: to(db), body: { instance: 'tenant-a' } })).rejects.toMatchObject({
      code: 'assignment_conflict',
    });
    expect((await desiredOf('h1')).layers.map(({ instance }) => instance)).toEqual(['tenant-a', 'tenant-b']);
    await server.api.unassignFromHost({ params: to(web), query: { instance: 'tenant-a' } });
    await expect(server.api.unassignFromHost({ params: to(web) })).rejects.toMatchObject({
      code: 'assignment_not_found',
    });
    expect((await desiredOf('h1')).layers.map(({ instance }) => instance)).toEqual(['tenant-b']);
  });

  it('are checked against the persona’s parameters and versions', async () => {
    const params = { ...host('h1'), persona_id: web };
    await expect(server.api.assignToHost({ params, body: { parameters: { workers: 65 } } })).rejects.toMatchObject({
      code: 'parameter_invalid',
    });
    await expect(server.api.assignToHost({ params, body: { parameters: { workerz: 1 } } })).rejects.toMatchObject({
      code: 'parameter_invalid',
    });
    await expect(server.api.assignToHost({ params, body: { version: 7 } })).rejects.toMatchObject({
      code: 'version_not_found',
    });
  });

  it('of a set replace what the target had, or change nothing', async () => {
    const before = await desiredOf('h1');
    const broken = [{ persona_id: db }, { persona_id: parsePersonaId('nobody') }];
    await expect(server.api.setHostPersonas({ params: host('h1'), body: { personas: broken } })).rejects.toMatchObject({
      code: 'persona_not_found',
    });
    expect(await desiredOf('h1')).toEqual(before);
    await server.api.setHostPersonas({ params: host('h1'), body: { personas: [{ persona_id: db }] } });
    expect(await desiredOf('h1')).toMatchObject({ generation: before.generation + 1, layers: [{ instance: 'db' }] });
  });

  it('go with their host, and the others stay', async () => {
    await server.api.assignToHost({ params: { ...host('h3'), persona_id: db }, body: {} });
    await server.api.deleteHost({ params: host('h3') });
    const { items } = await server.api.listAssignments({ query: { limit: 500 } });
    expect(items.filter(({ target }) => target === 'h3')).toEqual([]);
    expect(items.length).toBeGreaterThan(0);
    const pages = await server.api.listAssignments({ query: { limit: 2 } });
    const rest = await server.api.listAssignments({ query: { limit: 500, cursor: pages.next_cursor ?? '' } });
    expect([...pages.items, ...rest.items]).toEqual(items);
  });
});
