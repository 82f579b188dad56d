/** The tag `persona_group=X`, by which a host has every persona of the group X as a candidate. No agent is connected. */
import { parseHostId, parsePersonaId } from '@guise/model';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { personaText, TestServer } from '../test-server.ts';

const server = new TestServer();
beforeAll(() => server.start());
afterAll(() => server.stop());
const params = { host_id: parseHostId('h1') };
const web = parsePersonaId('web');
const db = parsePersonaId('db');
const cache = parsePersonaId('cache');

beforeAll(async () => {
  await server.enrol('h1');
  await server.api.publishPersona({ body: { document: personaText('web', 1, 'persona_groups: [edge]\n') } });
  await server.api.publishPersona({ body: { document: personaText('db', 2) } });
});

async function layers() {
  const { desired } = await server.api.getHost({ params });
  return desired.layers.map((layer) => [layer.instance, layer.version, layer.assigned_by]);
}

const byGroup = (instance: string, version: number) => [instance, version, 'persona_group:edge by admin'];

describe('a host with the tag', () => {
  it('has what the group has, and no more when the tag goes', async () => {
    await server.api.putHostTags({ params, body: { tags: { persona_group: 'edge' } } });
    expect(await layers()).toEqual([byGroup('web', 1)]);
    await server.api.putPersonaGroup({ params: { group: 'edge' }, body: { personas: [db] } });
    expect(await layers()).toEqual([byGroup('db', 1), byGroup('web', 1)]);
    await server.api.putHostTags({ params, body: { tags: { persona_group: 'other' } } });
    expect(await layers()).toEqual([]);
    await server.api.putHostTags({ params, body: { tags: { persona_group: 'edge' } } });
    await server.api.putPersonaGroup({ params: { group: 'edge' }, body: { personas: [] } });
    expect(await layers()).toEqual([byGroup('web', 1)]);
  });

  it('has a persona from the version on that names the group, until one does not', async () => {
    await server.api.publishPersona({ body: { document: personaText('cache', 3) } });
    expect(await layers()).toEqual([byGroup('web', 1)]);
    await server.api.publishPersona({ body: { document: personaText('cache', 3, 'persona_groups: [edge, far]\n') } });
    expect(await layers()).toEqual([byGroup('cache', 2), byGroup('web', 1)]);
    await server.api.rollbackPersona({ params: { persona_id: cache }, body: { to: 1 } });
    expect(await layers()).toEqual([byGroup('web', 1)]);
  });

  it('has its own assignment, its tags’ and its groups’ before the persona group’s', async () => {
    await server.api.putHostGroup({ params: { group: 'rack' }, body: { hosts: [params.host_id] } });
    await server.api.assignToGroup({ params: { group: 'rack', persona_id: web }, body: {} });
    expect(await layers()).toEqual([['web', 1, 'group:rack by admin']]);
    await server.api.unassignFromGroup({ params: { group: 'rack', persona_id: web } });
    expect(await layers()).toEqual([byGroup('web', 1)]);
  });

  it('keeps a generation when the same group is written again', async () => {
    await server.api.putPersonaGroup({ params: { group: 'edge' }, body: { personas: [db, web] } });
    const before = await server.api.getHost({ params });
    const { token } = await server.api.createToken({ body: { name: 'somebody else', roles: ['admin'] } });
    const response = await server.request('PUT', '/persona-groups/edge', {
      body: JSON.stringify({ personas: [web, db] }),
      headers: { authorization: `Bearer ${token}` },
    });
    expect(response.status).toBe(200);
    expect((await server.api.getHost({ params })).desired).toEqual(before.desired);
  });
});

describe('a persona in a group', () => {
  const open = 'parameters: {port: {type: integer}}\n';

  it('leaves no parameter open, whichever comes first', async () => {
    const refused = { code: 'parameter_invalid', message: expect.stringContaining('persona group') };
    await server.api.publishPersona({ body: { document: personaText('open', 1, open) } });
    const body = { personas: [parsePersonaId('open')] };
    await expect(server.api.putPersonaGroup({ params: { group: 'far' }, body })).rejects.toMatchObject(refused);
    const named = personaText('open', 1, `${open}persona_groups: [far]\n`);
    await expect(server.api.publishPersona({ body: { document: named } })).rejects.toMatchObject(refused);
    await server.api.publishPersona({ body: { document: personaText('closed', 1) } });
    await server.api.putPersonaGroup({ params: { group: 'far' }, body: { personas: [parsePersonaId('closed')] } });
    await expect(
      server.api.publishPersona({ body: { document: personaText('closed', 1, open) } }),
    ).rejects.toMatchObject(refused);
  });

  it('is not deleted while a host has it by that', async () => {
    await expect(server.api.deletePersona({ params: { persona_id: web } })).rejects.toMatchObject({
      code: 'persona_assigned',
      message: expect.stringContaining('persona_group=edge'),
    });
    await server.api.putHostTags({ params, body: { tags: {} } });
    await server.api.deletePersona({ params: { persona_id: web } });
    expect((await server.api.listPersonaGroups()).items).toContainEqual({ group: 'edge', personas: ['db'] });
  });
});
