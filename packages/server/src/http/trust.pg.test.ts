import { createHash } from 'node:crypto';
import { enrolmentPath } from '@guise/api';
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

function redeem(joinToken: string, hostId: string, agentToken = hostId): Promise<Response> {
  const digest = `sha256:${createHash('sha256').update(agentToken).digest('hex')}`;
  return fetch(`${server.agentHttpUrl}${enrolmentPath}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ join_token: joinToken, host_id: hostId, agent_token_digest: digest }),
  });
}

describe('a join token', () => {
  it('enrols one host when a hundred redeem it at the same instant', async () => {
    const { join_token } = await server.api.createJoinToken({ body: {} });
    const names = Array.from({ length: 100 }, (_, index) => `racer-${index}`);
    const statuses = await Promise.all(names.map(async (name) => (await redeem(join_token, name)).status));
    expect(statuses.filter((status) => status === 201)).toHaveLength(1);
    expect(statuses.filter((status) => status === 401)).toHaveLength(99);
    const { items } = await server.api.listHosts();
    expect(items.filter(({ host_id }) => host_id.startsWith('racer-'))).toHaveLength(1);
  });

  it('answers the same agent again, whose first answer was lost', async () => {
    const { join_token } = await server.api.createJoinToken({ body: {} });
    expect((await redeem(join_token, 'again')).status).toBe(201);
    expect((await redeem(join_token, 'again')).status).toBe(201);
    expect((await redeem(join_token, 'again', 'another agent')).status).toBe(401);
  });

  it('replaces a known host only when it was made for it, and is not used up by a refusal', async () => {
    const first = await server.api.createJoinToken({ body: {} });
    expect((await redeem(first.join_token, 'known')).status).toBe(201);
    const unbound = await server.api.createJoinToken({ body: {} });
    expect((await redeem(unbound.join_token, 'known', 'thief')).status).toBe(409);
    expect((await redeem(unbound.join_token, 'fresh')).status).toBe(201);
    const bound = await server.api.createJoinToken({ body: { host_id: parseHostId('known') } });
    expect((await redeem(bound.join_token, 'somebody-else')).status).toBe(401);
    expect((await redeem(bound.join_token, 'known', 'new agent')).status).toBe(201);
  });

  it('expires, and lives for a quarter of an hour at most', async () => {
    const { join_token } = await server.api.createJoinToken({ body: { expires_in_s: 60 } });
    await sql`update join_tokens set expires_at = now() where used_at is null`.execute(database);
    expect((await redeem(join_token, 'late')).status).toBe(401);
    await expect(server.api.createJoinToken({ body: { expires_in_s: 901 } })).rejects.toThrow('900');
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
