/** What the port for people refuses, and how it says so. */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { Route } from '@guise/api';
import { errorBody, routes } from '@guise/api';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startServer } from '../main.ts';
import { TestServer } from '../test-server.ts';

const server = new TestServer();
beforeAll(() => server.start());
afterAll(() => server.stop());

async function refusalOf(response: Response) {
  const text = await response.text();
  expect(text).not.toMatch(/node_modules|\.ts:\d+|at async/);
  return errorBody.parse(JSON.parse(text)).error;
}

describe('without a token', () => {
  const concrete = (path: string) => path.replaceAll(/\{\w+\}/g, 'x');

  it.each(Object.values<Route>(routes).filter(({ anonymous }) => !anonymous))(
    '$method $path is 401',
    async ({ method, path }) => {
      const response = await server.request(method, concrete(path), { headers: {} });
      expect(response.status).toBe(401);
      expect(response.headers.get('www-authenticate')).toBe('Bearer');
      expect((await refusalOf(response)).code).toBe('token_missing');
    },
  );

  it('a path that is not there is 401 too, and /healthz is open', async () => {
    expect((await server.request('GET', '/no-such-path', { headers: {} })).status).toBe(401);
    const health = await server.request('GET', '/healthz', { headers: {} });
    expect([health.status, await health.json()]).toEqual([200, { status: 'ok' }]);
  });

  it.each(['Bearer nonsense', 'Basic YTpi', 'Bearer', ''])('%j is no token', async (authorization) => {
    expect((await server.request('GET', '/hosts', { headers: { authorization } })).status).toBe(401);
  });
});

describe('bad requests', () => {
  it('answers 404 for what is not there, also for routes of later issues', async () => {
    for (const path of ['/no-such-path', '/rollouts']) {
      const response = await server.request('GET', path);
      expect([response.status, (await refusalOf(response)).code]).toEqual([404, 'route_not_found']);
    }
    const missing = await server.request('GET', '/personas/nobody');
    expect([missing.status, (await refusalOf(missing)).code]).toEqual([404, 'persona_not_found']);
  });

  it('says where a body is not JSON', async () => {
    const response = await server.request('POST', '/tokens', { body: '{"name": "a",\n "x": }' });
    expect(response.status).toBe(400);
    expect((await refusalOf(response)).problems).toMatchObject([
      { file: 'body', line: 2, column: 7, rule: 'must be JSON' },
    ]);
  });

  it('says where a body breaks its schema, every problem at once', async () => {
    const body = '{"name": "",\n  "expires_in_s": -1,\n  "surprise": 1}';
    const response = await server.request('POST', '/tokens', { body });
    expect(response.status).toBe(400);
    expect((await refusalOf(response)).problems).toMatchObject([
      { path: 'name', line: 1, column: 10 },
      { path: 'expires_in_s', line: 2, column: 19 },
      { path: '', rule: 'must not have "surprise"' },
    ]);
  });

  it('gives every problem of a persona its place in the document', async () => {
    const document = 'guise: persona/v1\npersona_id: web\nfiles: {/etc/a: {mode: 644}}\nbogus: 1\n';
    const response = await server.request('POST', '/personas', {
      body: JSON.stringify({ document, file: 'web.yaml' }),
    });
    expect(response.status).toBe(400);
    expect((await refusalOf(response)).problems).toMatchObject([
      { file: 'web.yaml', line: 3, path: 'files./etc/a.mode' },
      { file: 'web.yaml', line: 4, path: 'bogus' },
    ]);
  });

  it('refuses a body that is too large, of another type, or reaches for the prototype', async () => {
    const large = await server.request('POST', '/tokens', { body: `{"name": "${'a'.repeat(9 * 1024 * 1024)}"}` });
    expect([large.status, (await refusalOf(large)).code]).toEqual([413, 'limit_exceeded']);
    const headers = { authorization: `Bearer ${server.running.adminToken}`, 'content-type': 'text/xml' };
    expect((await server.request('POST', '/tokens', { body: '<a/>', headers })).status).toBe(415);
    const prototype = await server.request('POST', '/tokens', { body: '{"__proto__": {"name": "a"}}' });
    expect(prototype.status).toBe(400);
  });

  it('refuses queries and ids that are malformed', async () => {
    for (const path of [
      '/hosts?limit=0',
      '/hosts?limit=100000',
      '/hosts?surprise=1',
      '/hosts?tags=a=b;c',
      '/personas/UPPER',
    ]) {
      expect((await server.request('GET', path)).status, path).toBe(400);
    }
  });
});

describe('doors', () => {
  const closed = { stateDirectory: server.stateDirectory, port: 0, agentPort: 0, report: () => undefined };

  it('for people stay shut on any address but loopback unless they are safe', async () => {
    await expect(startServer({ ...closed, host: '0.0.0.0' })).rejects.toThrow('without TLS');
  });

  it('say when a port is in use, and leave nothing behind', async () => {
    const port = Number(new URL(server.running.url).port);
    const database = server.running.databaseUrl;
    const masterKeyFile = join(server.stateDirectory, 'master.key');
    const stateDirectory = join(server.stateDirectory, 'second');
    await expect(startServer({ ...closed, stateDirectory, database, masterKeyFile, port })).rejects.toMatchObject({
      code: 'port_unavailable',
      message: expect.stringContaining('in use'),
    });
  });

  it('open to no replica with another master key, and say so', async () => {
    const database = server.running.databaseUrl;
    const stateDirectory = join(server.stateDirectory, 'third');
    await expect(startServer({ ...closed, stateDirectory, database })).rejects.toMatchObject({
      code: 'key_invalid',
      message: expect.stringContaining('--master-key'),
    });
  });

  it('keep the admin token to its owner', () => {
    expect(statSync(join(server.stateDirectory, 'admin-token')).mode & 0o777).toBe(0o600);
  });
});
