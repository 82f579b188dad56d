/** A host on its own port: it reads of itself, and is refused everything else of itself and all of others. */
import { agentRoutes, type Route, routes } from '@guise/api';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { hostMayRead } from '../../app/host-may-read.ts';
import { enrolmentBody, type PortAnswer, type TestAgent } from '../../test-agent.ts';
import { TestServer } from '../../test-server.ts';

const server = new TestServer();
let a: TestAgent;
beforeAll(async () => {
  await server.start();
  a = await server.enrol('a');
  await server.enrol('b');
});
afterAll(() => server.stop());

const codeOf = ({ body }: PortAnswer) => (body as { error?: { code: string } } | null)?.error?.code;
const ofHosts = Object.values<Route>(routes).filter(({ path }) => path.includes('{host_id}'));
const pathOf = ({ path }: Route, hostId: string) =>
  path.replace('{host_id}', hostId).replaceAll(/\{\w+\}/g, 'x') +
  (path.endsWith('/why') ? '?address=package:nginx' : '');

describe('a host', () => {
  it.each(ofHosts)('is refused $method $path of another host', async (route) => {
    const answer = await a.call(route.method, pathOf(route, 'b'));
    expect([answer.status, codeOf(answer)]).toEqual([403, 'not_permitted']);
    // By no spelling of the other's name, nor of one that nobody has.
    for (const name of ['%62', 'nobody', 'A', 'a%2f..%2fb', '..%2fb']) {
      expect((await a.call(route.method, pathOf(route, name))).status).toBe(403);
    }
  });

  it.each(ofHosts.filter(({ method, action }) => method === 'GET' && action === 'host:read'))(
    'may $method $path of itself',
    async (route) => {
      // Some ask the agent, which is not connected.
      expect([200, 503]).toContain((await a.call(route.method, pathOf(route, 'a'))).status);
    },
  );

  it.each(ofHosts.filter(({ method, action }) => method !== 'GET' || action !== 'host:read'))(
    'is refused $method $path of itself too',
    async (route) => {
      expect(codeOf(await a.call(route.method, pathOf(route, 'a')))).toBe('not_permitted');
    },
  );

  it('finds no other route for people on its port', async () => {
    for (const { method, path } of Object.values<Route>(routes).filter(({ path }) => !path.includes('{host_id}'))) {
      const answer = await a.call(method, path.replaceAll(/\{\w+\}/g, 'x'));
      expect([path, answer.status]).toEqual([path, 404]);
    }
  });

  it('gets nothing of another host by the routes that are for agents', async () => {
    const attempts: Readonly<Record<string, () => Promise<number>>> = {
      'GET /ca': async () => (await a.call('GET', '/ca')).status - 200,
      'POST /enroll': async () => (await a.call('POST', '/enroll', enrolmentBody('join_x', 'b'))).status - 401,
      'POST /renew': async () => (await a.call('POST', '/renew', a.renewalBody(undefined, 'b'))).status - 400,
      'GET /agent': async () => {
        const socket = new WebSocket(...a.door);
        const closed = Promise.withResolvers<number>();
        socket.on('close', closed.resolve);
        socket.on('open', () =>
          socket.send(
            JSON.stringify({ type: 'hello', protocol: 1, host_id: 'b', agent_version: '1', facts: {}, known: null }),
          ),
        );
        return (await closed.promise) - 4400;
      },
    };
    expect(Object.keys(attempts)).toEqual(agentRoutes.map(({ method, path }) => `${method} ${path}`));
    for (const [route, attempt] of Object.entries(attempts)) expect([route, await attempt()]).toEqual([route, 0]);
  });
});

describe('hostMay', () => {
  it('is no by default', () => {
    for (const route of ofHosts) {
      expect(hostMayRead(route, 'a' as never, {})).toBe(false);
      expect(hostMayRead(route, 'a' as never, { host_id: 'b' })).toBe(false);
      expect(hostMayRead({ ...route, method: 'POST' }, 'a' as never, { host_id: 'a' })).toBe(false);
    }
  });
});
