import { parseHostId, parsePersonaId } from '@guise/model';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Database, openDatabase } from '../store/database.ts';
import { personaText, TestServer } from '../test-server.ts';

const server = new TestServer();
beforeAll(() => server.start());
afterAll(() => server.stop());
let database: Database;
beforeAll(async () => {
  database = await openDatabase(server.running.databaseUrl);
});
afterAll(() => database.destroy());

describe('a control plane that nobody gave a root', () => {
  it('says that it signs itself, and shows the root that it made', async () => {
    expect(server.reports).toContainEqual(expect.stringContaining('signs personas with a development key of its own'));
    const root = await server.api.getRoot();
    expect(root).toMatchObject({ organization: 'local', environment: 'development', version: 1, development: true });
    expect(await server.api.putRoot({ body: { envelope: root.envelope } })).toEqual(root);
    const { payload, ...rest } = root.envelope;
    const envelope = { ...rest, payload: payload.replace(/^./, 'f') };
    await expect(server.api.putRoot({ body: { envelope } })).rejects.toMatchObject({ code: 'root_refused' });
  });
});

describe('a bearer token', () => {
  const statusWith = async (token: string) =>
    (await server.request('GET', '/hosts', { headers: { authorization: `Bearer ${token}` } })).status;

  it('is told once, names its bearer in the audit, and can be withdrawn', async () => {
    const created = await server.api.createToken({ body: { name: 'ci', roles: ['admin'], expires_in_s: 3600 } });
    expect(await statusWith(created.token)).toBe(200);
    const headers = { authorization: `Bearer ${created.token}` };
    await server.request('POST', '/personas', { headers, body: JSON.stringify({ document: personaText('by-ci', 1) }) });
    const { items } = await server.api.listAudit({ query: { resource: 'persona/by-ci' } });
    expect(items.map(({ actor, action }) => [actor, action])).toEqual([['ci', 'persona:publish']]);
    expect(JSON.stringify(await server.api.listTokens())).not.toContain(created.token);
    await server.api.deleteToken({ params: { token_id: created.token_id } });
    expect(await statusWith(created.token)).toBe(401);
  });

  it('stops working when it expires', async () => {
    const created = await server.api.createToken({ body: { name: 'brief', roles: ['viewer'], expires_in_s: 3600 } });
    await sql`update tokens set expires_at = now() where name = 'brief'`.execute(database);
    expect(await statusWith(created.token)).toBe(401);
  });

  it('is stored as a digest only, like every secret', async () => {
    const created = await server.api.createToken({ body: { name: 'secret' } });
    const { join_token } = await server.api.createJoinToken({ body: {} });
    const { rows } = await sql<{ text: string }>`
      select t::text as text from tokens t union all select j::text from join_tokens j union all select a::text from audit a`.execute(
      database,
    );
    const stored = rows.map(({ text }) => text).join('\n');
    for (const secret of [created.token, join_token, server.running.adminToken]) expect(stored).not.toContain(secret);
  });
});

describe('the audit', () => {
  it('has an entry for every mutation that happened, and none for one that was refused', async () => {
    await server.api.publishPersona({ body: { document: personaText('audited', 1) } });
    await server.api.publishPersona({ body: { document: personaText('audited', 1) } });
    const params = { host_id: parseHostId('nobody'), persona_id: parsePersonaId('audited') };
    await expect(server.api.assignToHost({ params, body: {} })).rejects.toMatchObject({ code: 'host_not_found' });
    const actionsOn = async (resource: string) =>
      (await server.api.listAudit({ query: { resource } })).items.map(({ action }) => action);
    expect(await actionsOn('persona/audited')).toEqual(['persona:publish']);
    expect(await actionsOn('host/nobody')).toEqual([]);
  });

  it('comes in pages, newest first', async () => {
    const all = await server.api.listAudit({ query: { limit: 500 } });
    const first = await server.api.listAudit({ query: { limit: 3 } });
    const second = await server.api.listAudit({ query: { limit: 3, cursor: first.next_cursor ?? '' } });
    expect([...first.items, ...second.items]).toEqual(all.items.slice(0, 6));
  });
});
