/** Who may do what, over HTTP: roles, tokens and their limits, lists, and the ways to get more than one has. */
import type { Client } from '@guise/api';
import { parseHostId, parsePersonaId } from '@guise/model';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bearer as bearerOf, makeFleet } from '../test-fleet.ts';
import { personaText, TestServer } from '../test-server.ts';

const server = new TestServer();
const denied = { code: 'not_permitted' };
const [shop1, data1] = [parseHostId('shop-1'), parseHostId('data-1')];
const [web, db] = [parsePersonaId('web'), parsePersonaId('db')];

beforeAll(async () => {
  await server.start();
  await makeFleet(server);
});
afterAll(() => server.stop());

const bearer = (terms?: Parameters<typeof bearerOf>[1]) => bearerOf(server, terms);

function setPolicy(name: string, text: string, api: Client = server.api) {
  return api.putPolicy({ params: { name }, body: { text } });
}

const shopPolicy = `permit (
  principal in Role::"shop",
  action in [Action::"host:read", Action::"host:tag", Action::"host:assign", Action::"host_group:write", Action::"alert:read", Action::"event:post"],
  resource in Tag::"team=shop"
);
permit (principal in Role::"shop", action == Action::"host_group:write", resource == HostGroup::"shop-edge");
permit (principal in Role::"shop", action in [Action::"persona:read", Action::"persona:publish"], resource in Category::"web_server");
permit (principal in Role::"shop", action == Action::"persona_group:write", resource in PersonaGroup::"shop");`;

describe('the token of whoever starts the server', () => {
  it('has the role admin and no end', async () => {
    expect(await server.api.getSession()).toMatchObject({ actor: 'admin', roles: ['admin'], expires_at: null });
  });
});

describe('a token', () => {
  it('without a role says who it is, and does nothing else', async () => {
    const api = await bearer();
    expect(await api.getSession()).toMatchObject({ type: 'program', roles: [] });
    await expect(api.listHosts()).rejects.toMatchObject(denied);
    await expect(api.getHost({ params: { host_id: shop1 } })).rejects.toMatchObject(denied);
  });

  it('lives for ninety days unless told otherwise, and a year at most', async () => {
    const { expires_at } = await server.api.createToken({ body: { name: 'default-life' } });
    const days = (Date.parse(expires_at ?? '') - Date.now()) / 86_400_000;
    expect(days).toBeGreaterThan(89);
    expect(days).toBeLessThan(91);
    const tooLong = { name: 'too-long', expires_in_s: 366 * 86_400 };
    await expect(server.api.createToken({ body: tooLong })).rejects.toMatchObject({ code: 'argument_invalid' });
  });

  it('has a name of its own, which no server and no person has', async () => {
    await server.api.createToken({ body: { name: 'taken' } });
    await expect(server.api.createToken({ body: { name: 'taken' } })).rejects.toMatchObject({ code: 'token_exists' });
    for (const name of ['admin', 'guise server']) {
      await expect(server.api.createToken({ body: { name } })).rejects.toMatchObject({ code: 'token_exists' });
    }
    for (const name of ['user/alice@example.com', 'host/h1', ' a', 'a\nb']) {
      await expect(server.api.createToken({ body: { name } })).rejects.toMatchObject({ code: 'argument_invalid' });
    }
  });

  it('is limited to its actions and hosts, whatever its roles are', async () => {
    const api = await bearer({ roles: ['admin'], scope: { actions: ['host:read', 'host:tag'], tags: ['team=shop'] } });
    expect((await api.listHosts()).items.map(({ host_id }) => host_id)).toEqual(['shop-1', 'shop-2']);
    await expect(api.getHost({ params: { host_id: data1 } })).rejects.toMatchObject(denied);
    await expect(api.deleteHost({ params: { host_id: shop1 } })).rejects.toThrow('the token is not made for it');
    await expect(api.listAudit()).rejects.toMatchObject(denied);
  });

  it('is limited to its personas', async () => {
    const api = await bearer({ roles: ['operator'], scope: { personas: [web] } });
    await api.assignToHost({ params: { host_id: shop1, persona_id: web }, body: {} });
    await expect(api.assignToHost({ params: { host_id: shop1, persona_id: db }, body: {} })).rejects.toMatchObject(
      denied,
    );
    await api.unassignFromHost({ params: { host_id: shop1, persona_id: web } });
    expect((await api.listPersonas()).items.map(({ persona_id }) => persona_id)).toEqual(['web']);
  });

  it('loses its roles with itself: the next one of its name has none', async () => {
    const first = await server.api.createToken({ body: { name: 'again', roles: ['admin'] } });
    await server.api.deleteToken({ params: { token_id: first.token_id } });
    const second = await server.api.createToken({ body: { name: 'again' } });
    expect((await server.apiOf(second.token).getSession()).roles).toEqual([]);
  });

  it('of an operator is his to list and withdraw; others’ are not', async () => {
    const mine = await bearer({ roles: ['operator'] });
    const other = await server.api.createToken({ body: { name: 'others' } });
    const made = await mine.createToken({ body: { name: 'made', roles: ['viewer'] } });
    expect((await mine.listTokens()).items.map(({ name }) => name)).toEqual(['made']);
    await expect(mine.deleteToken({ params: { token_id: other.token_id } })).rejects.toMatchObject(denied);
    await mine.deleteToken({ params: { token_id: made.token_id } });
  });
});

describe('nobody grants what he does not hold', () => {
  it('with a token', async () => {
    const api = await bearer({ roles: ['operator'] });
    await expect(api.createToken({ body: { name: 'more', roles: ['admin'] } })).rejects.toMatchObject(denied);
    await expect(api.createToken({ body: { name: 'more', roles: ['author'] } })).rejects.toMatchObject(denied);
    await api.createToken({ body: { name: 'as-much', roles: ['operator'] } });
    const fewer = await bearer({ roles: ['operator'], scope: { actions: ['token:write', 'host:read'] } });
    await expect(fewer.createToken({ body: { name: 'wider', roles: ['operator'] } })).rejects.toMatchObject(denied);
  });

  it('with a role', async () => {
    await setPolicy('granters', 'permit (principal in Role::"granter", action == Action::"role:write", resource);');
    const api = await bearer({ roles: ['granter', 'viewer'] });
    const to = (role: string) => api.grantRole({ body: { role, subject_type: 'user', subject: 'Eve@Example.com' } });
    await expect(to('admin')).rejects.toMatchObject(denied);
    await expect(to('operator')).rejects.toMatchObject(denied);
    expect(await to('viewer')).toMatchObject({ subject: 'eve@example.com', role: 'viewer' });
    await expect(to('no-such-role')).rejects.toMatchObject({ code: 'role_not_found' });
    await server.api.deletePolicy({ params: { name: 'granters' } });
  });

  it('with a policy', async () => {
    await setPolicy(
      'writers',
      'permit (principal in Role::"writer", action in [Action::"policy:read", Action::"policy:write"], resource);',
    );
    const api = await bearer({ roles: ['writer'] });
    await expect(setPolicy('mine', 'permit (principal, action, resource);', api)).rejects.toMatchObject(denied);
    await setPolicy('mine', 'forbid (principal, action == Action::"host:delete", resource == Host::"nobody");', api);
    for (const name of ['mine', 'writers']) await server.api.deletePolicy({ params: { name } });
  });
});

describe('a role that is given to a token', () => {
  it('counts from its next request, and until it is taken back', async () => {
    const { token } = await server.api.createToken({ body: { name: 'promoted' } });
    const body = { role: 'viewer', subject_type: 'token', subject: 'promoted' } as const;
    await expect(server.apiOf(token).listHosts()).rejects.toMatchObject(denied);
    await server.api.grantRole({ body });
    expect((await server.apiOf(token).listHosts()).items).toHaveLength(3);
    const { items, roles } = await server.api.listRoles();
    expect(items).toContainEqual(expect.objectContaining({ ...body, granted_by: 'admin' }));
    expect(roles).toContain('lab-user');
    await server.api.revokeRole({ body });
    await expect(server.apiOf(token).listHosts()).rejects.toMatchObject(denied);
    await expect(server.api.revokeRole({ body })).rejects.toMatchObject({ code: 'role_not_found' });
  });
});

describe('somebody limited to a tag, a category and a group', () => {
  let api: Client;

  beforeAll(async () => {
    await setPolicy('shop', shopPolicy);
    api = await bearer({ roles: ['shop'] });
  });
  afterAll(() => server.api.deletePolicy({ params: { name: 'shop' } }));

  it('sees those hosts and personas, in lists too', async () => {
    expect((await api.listHosts()).items.map(({ host_id }) => host_id)).toEqual(['shop-1', 'shop-2']);
    expect((await api.listPersonas()).items.map(({ persona_id }) => persona_id)).toEqual(['web']);
    expect((await api.listAlerts()).items).toEqual([]);
    await server.api.assignToHost({ params: { host_id: data1, persona_id: db }, body: {} });
    await server.api.assignToTag({ params: { tag: 'team=shop', persona_id: web }, body: {} });
    expect((await api.listAssignments()).items.map(({ target }) => target)).toEqual(['team=shop']);
    await server.api.unassignFromHost({ params: { host_id: data1, persona_id: db } });
    await server.api.unassignFromTag({ params: { tag: 'team=shop', persona_id: web } });
  });

  it('is told the same of what is not there and what is not his', async () => {
    const refusalOf = async (host: string) => {
      const error = await api.getHost({ params: { host_id: parseHostId(host) } }).then(
        () => null,
        (refusal: Error) => refusal.message.replaceAll(host, 'HOST'),
      );
      return error;
    };
    expect(await refusalOf('no-such-host')).toBe(await refusalOf('data-1'));
    expect(await refusalOf('data-1')).toBe(
      'Cannot do host:read on host "HOST": it is not permitted; the role viewer would allow it',
    );
    const personas = [parsePersonaId('db'), parsePersonaId('no-such-persona')];
    for (const persona_id of personas) {
      await expect(api.getPersona({ params: { persona_id } })).rejects.toMatchObject(denied);
    }
  });

  it('does not tag a host into what he may not touch, or out of it', async () => {
    const tag = (tags: Record<string, string>, host_id = shop1) =>
      api.putHostTags({ params: { host_id }, body: { tags } });
    await expect(tag({ team: 'shop', role: 'db' })).rejects.toMatchObject(denied);
    await expect(tag({ team: 'data' })).rejects.toMatchObject(denied);
    await expect(tag({ team: 'shop' }, data1)).rejects.toMatchObject(denied);
    await tag({ team: 'shop' });
    expect((await server.api.getHost({ params: { host_id: shop1 } })).tags).toEqual({ team: 'shop' });
  });

  it('does not take a host into his group to have power over it', async () => {
    const put = (hosts: string[]) =>
      api.putHostGroup({ params: { group: 'shop-edge' }, body: { hosts: hosts.map((each) => parseHostId(each)) } });
    await expect(put(['shop-1', 'data-1'])).rejects.toMatchObject(denied);
    await expect(put(['shop-1', 'no-such-host'])).rejects.toMatchObject(denied);
    expect((await put(['shop-1'])).hosts).toEqual(['shop-1']);
    await expect(api.putHostGroup({ params: { group: 'other' }, body: { hosts: [] } })).rejects.toMatchObject(denied);
  });

  it('does not take a persona into his group to have power over it', async () => {
    const put = (personas: (typeof web)[]) => api.putPersonaGroup({ params: { group: 'shop' }, body: { personas } });
    await expect(put([db])).rejects.toMatchObject(denied);
    await server.api.putPersonaGroup({ params: { group: 'shop' }, body: { personas: [db] } });
    expect((await put([])).personas).toEqual([]);
  });

  it('does not publish into another category, over another’s persona, or with a parent he may not read', async () => {
    const publish = (document: string) => api.publishPersona({ body: { document } });
    await publish(personaText('shop-web', 2, 'category: web_server\n'));
    await expect(publish(personaText('shop-db', 2, 'category: database\n'))).rejects.toMatchObject(denied);
    await expect(publish(personaText('shop-any', 2))).rejects.toMatchObject(denied);
    await expect(publish(personaText('db', 2, 'category: web_server\n'))).rejects.toMatchObject(denied);
    await expect(publish(personaText('shop-sub', 2, 'category: web_server\nextends: [db]\n'))).rejects.toMatchObject(
      denied,
    );
    await expect(
      api.replacePersona({
        params: { persona_id: db },
        body: { document: personaText('db', 3, 'category: web_server\n') },
      }),
    ).rejects.toMatchObject(denied);
  });

  it('posts events to those hosts and no others', async () => {
    const event = (more: object) => ({ specversion: '1.0' as const, id: 'e1', source: 's', type: 't', ...more });
    await expect(api.postEvents({ body: event({}) })).rejects.toMatchObject(denied);
    await expect(api.postEvents({ body: event({ guisehost: 'data-1' }) })).rejects.toMatchObject(denied);
    await expect(api.postEvents({ body: event({ guisehost: 'no-such-host' }) })).rejects.toMatchObject(denied);
    expect(await api.postEvents({ body: event({ guisehost: 'shop-1' }) })).toMatchObject({ accepted: 1 });
    expect(await api.postEvents({ body: event({ id: 'e2', guisetag: 'team=shop' }) })).toMatchObject({ accepted: 1 });
  });
});

describe('who may use which persona where', () => {
  it('holds for each that comes and each that goes', async () => {
    await setPolicy(
      'web-on-shop',
      `permit (principal in Role::"web-shop", action == Action::"host:assign", resource in Tag::"team=shop")
       when { context.persona in Category::"web_server" };`,
    );
    const api = await bearer({ roles: ['web-shop'] });
    const put = (personas: readonly (typeof web)[]) =>
      api.setHostPersonas({
        params: { host_id: shop1 },
        body: { personas: personas.map((persona_id) => ({ persona_id })) },
      });
    await put([web]);
    await expect(put([web, db])).rejects.toMatchObject(denied);
    await server.api.assignToHost({ params: { host_id: shop1, persona_id: db }, body: {} });
    await expect(put([web])).rejects.toMatchObject(denied);
    await expect(put([])).rejects.toMatchObject(denied);
    await expect(api.unassignFromHost({ params: { host_id: shop1, persona_id: db } })).rejects.toMatchObject(denied);
    expect((await server.api.listAssignments()).items.map(({ persona_id }) => persona_id).sort()).toEqual([
      'db',
      'web',
    ]);
    await expect(api.assignToTag({ params: { tag: 'team=data', persona_id: web }, body: {} })).rejects.toMatchObject(
      denied,
    );
    await api.assignToTag({ params: { tag: 'team=shop', persona_id: web }, body: {} });
    await server.api.deletePolicy({ params: { name: 'web-on-shop' } });
  });
});

describe('a stream of events', () => {
  const reading = async (token: string) => {
    const headers = { authorization: `Bearer ${token}` };
    const { status, body } = await server.request('GET', '/events', { headers });
    expect(status).toBe(200);
    return body?.getReader();
  };
  const untilEnd = async (reader: Awaited<ReturnType<typeof reading>>) => {
    for (;;) if ((await reader?.read())?.done !== false) return 'ended';
  };

  it('ends when its reader’s token is withdrawn', async () => {
    const { token, token_id } = await server.api.createToken({ body: { name: 'watcher', roles: ['viewer'] } });
    const reader = await reading(token);
    await server.api.deleteToken({ params: { token_id } });
    expect(await untilEnd(reader)).toBe('ended');
  });

  it('ends when its reader has the role no more, and others read on', async () => {
    const { token } = await server.api.createToken({ body: { name: 'watched', roles: ['viewer'] } });
    const reader = await reading(token);
    const other = await reading(server.running.adminToken);
    await server.api.revokeRole({ body: { role: 'viewer', subject_type: 'token', subject: 'watched' } });
    expect(await untilEnd(reader)).toBe('ended');
    const host_id = shop1;
    await server.api.putHostTags({ params: { host_id }, body: { tags: { team: 'shop' } } });
    for (let text = ''; !text.includes('host.tagged'); ) {
      const { value, done } = (await other?.read()) ?? { done: true };
      expect(done).toBe(false);
      text += Buffer.from(value ?? []).toString();
    }
    await other?.cancel();
  });
});

describe('a denial', () => {
  it('is told to the audit, once for many of a kind', async () => {
    const api = await bearer({ name: 'denied-often', roles: ['viewer'] });
    for (let times = 0; times < 20; times++) {
      await expect(api.deleteHost({ params: { host_id: shop1 } })).rejects.toMatchObject(denied);
    }
    await expect(api.putPolicy({ params: { name: 'x' }, body: { text: 'x' } })).rejects.toMatchObject(denied);
    const { items } = await server.api.listAudit({ query: { limit: 500 } });
    const told = items.filter(({ actor }) => actor === 'denied-often');
    expect(told.map(({ action, resource }) => [action, resource])).toEqual([
      ['policy:write', 'policy/x'],
      ['host:delete', 'host/shop-1'],
    ]);
    expect(told[1]?.detail).toEqual({
      denied: 'Cannot do host:delete on host "shop-1": it is not permitted; the role operator would allow it',
    });
  });

  it('of what cannot be a name is told like any other', async () => {
    const { token } = await server.api.createToken({ body: { name: 'odd', roles: ['viewer'] } });
    const headers = { authorization: `Bearer ${token}` };
    for (const name of ['%00', 'a%0Ab', '%F0%9F%98%80', 'x'.repeat(200)]) {
      const response = await server.request('DELETE', `/policies/${name}`, { headers });
      expect(response.status, name).toBe(403);
    }
    const { items } = await server.api.listAudit({ query: { limit: 500 } });
    expect(items.filter(({ actor }) => actor === 'odd').map(({ resource }) => resource)).toContain('policy/?');
  });

  it('comes before the body is read', async () => {
    const { token } = await server.api.createToken({ body: { name: 'reader', roles: ['viewer'] } });
    const headers = { authorization: `Bearer ${token}` };
    const response = await server.request('POST', '/personas', { headers, body: 'not even JSON' });
    expect(response.status).toBe(403);
  });
});

describe('a fleet', () => {
  it('is listed whole by whoever may see all of it, and page by page by whoever may see a part', async () => {
    const some = await bearer({ roles: ['viewer'], scope: { hosts: [data1] } });
    const first = await some.listHosts({ query: { limit: 2 } });
    const second = await some.listHosts({ query: { limit: 2, cursor: first.next_cursor ?? '' } });
    expect([...first.items, ...second.items].map(({ host_id }) => host_id)).toEqual(['data-1']);
    expect(second.next_cursor).toBeNull();
  });
});
