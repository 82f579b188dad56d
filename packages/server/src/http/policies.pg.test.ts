/** Policies that people set, over HTTP: what they change, and from when on. */
import { join } from 'node:path';
import { limits, parseHostId } from '@guise/model';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startServer } from '../main.ts';
import { openDatabase } from '../store/database.ts';
import { bearer as bearerOf, makeFleet } from '../test-fleet.ts';
import { TestServer } from '../test-server.ts';

const server = new TestServer();
const denied = { code: 'not_permitted' };
const [shop1, data1] = [parseHostId('shop-1'), parseHostId('data-1')];

beforeAll(async () => {
  await server.start();
  await makeFleet(server);
});
afterAll(() => server.stop());

const bearer = (terms?: Parameters<typeof bearerOf>[1]) => bearerOf(server, terms);

function setPolicy(name: string, text: string) {
  return server.api.putPolicy({ params: { name }, body: { text } });
}

describe('a policy', () => {
  it('counts at once, is versioned in the audit, and can be removed', async () => {
    const api = await bearer({ roles: ['viewer'] });
    const text = 'forbid (principal in Role::"viewer", action == Action::"host:read", resource in Tag::"team=data");';
    expect(await setPolicy('no-data', text)).toMatchObject({ name: 'no-data', version: 1, updated_by: 'admin' });
    await expect(api.getHost({ params: { host_id: data1 } })).rejects.toMatchObject(denied);
    expect((await api.listHosts()).items.map(({ host_id }) => host_id)).toEqual(['shop-1', 'shop-2']);
    expect(await setPolicy('no-data', `// again\n${text}`)).toMatchObject({ version: 2 });
    await server.api.deletePolicy({ params: { name: 'no-data' } });
    expect((await api.listHosts()).items).toHaveLength(3);
    const { items } = await server.api.listAudit({ query: { resource: 'policy/no-data' } });
    expect(items.map(({ detail }) => detail)).toEqual([
      { removed: 2 },
      { version: 2, text: `// again\n${text}` },
      { version: 1, text },
    ]);
  });

  it('is in the audit whole, however long it is', async () => {
    const rule = 'forbid (principal, action == Action::"host:delete", resource in Tag::"team=nobody");';
    // Each of these takes as many bytes as one can.
    const text = `${rule}// `.padEnd(limits.policyChars, '一');
    await setPolicy('long', text);
    const { items } = await server.api.listAudit({ query: { resource: 'policy/long' } });
    expect(items.map(({ detail }) => detail)).toEqual([{ version: 1, text }]);
    await expect(setPolicy('long', `${text}.`)).rejects.toMatchObject({ code: 'argument_invalid' });
    await server.api.deletePolicy({ params: { name: 'long' } });
  });

  it('that does not fit is refused with line and column, and counts for nothing', async () => {
    const text = 'forbid (principal, action == Action::"host:read",\n  resource in Tga::"team=data");';
    const refused = {
      code: 'policy_invalid',
      problems: [expect.objectContaining({ file: 'bad.cedar', line: 2, column: 15 })],
    };
    await expect(setPolicy('bad', text)).rejects.toMatchObject(refused);
    await expect(server.api.checkPolicy({ params: { name: 'bad' }, body: { text } })).rejects.toMatchObject(refused);
    await expect(server.api.getPolicy({ params: { name: 'bad' } })).rejects.toMatchObject({ code: 'policy_not_found' });
  });

  it('that guise brings can be read and not changed', async () => {
    expect((await server.api.getPolicy({ params: { name: 'operator' } })).text).toContain('Role::"operator"');
    expect((await server.api.getPolicy({ params: { name: 'schema' } })).text).toContain('entity Persona');
    await expect(setPolicy('admin', 'permit (principal, action, resource);')).rejects.toThrow('guise brings it');
    await expect(server.api.deletePolicy({ params: { name: 'viewer' } })).rejects.toThrow('guise brings it');
  });

  it('cannot shut out whoever sets it', async () => {
    await expect(setPolicy('trap', 'forbid (principal, action, resource);')).rejects.toMatchObject(denied);
    const failing =
      'forbid (principal, action == Action::"policy:write", resource) when { 9223372036854775807 + 1 == 0 };';
    await expect(setPolicy('trap', failing)).rejects.toMatchObject(denied);
    expect((await server.api.listPolicies()).items.map(({ name }) => name)).not.toContain('trap');
  });

  it('that fails while it is evaluated denies, though it forbids', async () => {
    await setPolicy(
      'failing',
      'forbid (principal, action == Action::"host:delete", resource) when { 9223372036854775807 + 1 == 0 };',
    );
    await expect(server.api.deleteHost({ params: { host_id: shop1 } })).rejects.toMatchObject(denied);
    await server.api.deletePolicy({ params: { name: 'failing' } });
    expect((await server.api.listHosts()).items).toHaveLength(3);
  });

  it('is gone by on every process from the next request on', async () => {
    const second = new TestServer({
      database: server.running.databaseUrl,
      masterKeyFile: server.running.masterKeyFile,
    });
    await second.start();
    try {
      const { token } = await server.api.createToken({ body: { name: 'everywhere', roles: ['viewer'] } });
      expect((await second.apiOf(token).listHosts()).items).toHaveLength(3);
      await setPolicy(
        'closed',
        'forbid (principal == Program::"everywhere", action == Action::"host:read", resource);',
      );
      expect((await second.apiOf(token).listHosts()).items).toEqual([]);
      await server.api.deletePolicy({ params: { name: 'closed' } });
      expect((await second.apiOf(token).listHosts()).items).toHaveLength(3);
    } finally {
      await second.stop();
    }
  });
});

describe('a server whose policies do not fit any more', () => {
  it('says so when it starts, and lets admins set it right', async () => {
    const database = await openDatabase(server.running.databaseUrl);
    await sql`insert into policies (name, text, version, updated_by) values ('old', 'forbid (principal, action == Action::"host:burn", resource);', 1, 'x')`.execute(
      database,
    );
    await sql`update policy_revision set revision = revision + 1`.execute(database);
    await database.destroy();
    const lines: string[] = [];
    const second = await startServer({
      stateDirectory: join(server.stateDirectory, 'second'),
      database: server.running.databaseUrl,
      masterKeyFile: server.running.masterKeyFile,
      port: 0,
      agentPort: 0,
      report: (line) => lines.push(line),
    });
    await second.close();
    expect(lines.join('\n')).toContain('old.cedar:1:30');
    await expect(server.api.listHosts()).rejects.toMatchObject(denied);
    await server.api.deletePolicy({ params: { name: 'old' } });
    expect((await server.api.listHosts()).items).toHaveLength(3);
  });
});
