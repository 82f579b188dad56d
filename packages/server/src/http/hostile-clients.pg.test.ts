/** The port for people against those who flood it, hold it open, or send what no client would, by real sockets. */
import { errorBody } from '@guise/api';
import { limits } from '@guise/model';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startServer } from '../main.ts';
import type { RunningServer, ServerOptions } from '../server-options.ts';
import { TestServer } from '../test-server.ts';
import { RawClient, type RawOptions, requestText } from './raw-client.ts';

const server = new TestServer();
const clients: RawClient[] = [];
const narrow: RunningServer[] = [];
beforeAll(() => server.start());
afterEach(async () => {
  for (const client of clients.splice(0)) client.end();
  await Promise.all(narrow.splice(0).map((each) => each.close()));
});
afterAll(() => server.stop());

/** Another control plane on the same database, with narrower doors. */
async function withDoor(door: ServerOptions['door']): Promise<RunningServer> {
  const { stateDirectory, running } = server;
  const options = { stateDirectory, database: running.databaseUrl, port: 0, agentPort: 0, report: () => undefined };
  const started = await startServer({ ...options, ...(door === undefined ? {} : { door }) });
  narrow.push(started);
  return started;
}

function open(options: RawOptions): RawClient {
  const client = new RawClient(options);
  clients.push(client);
  return client;
}

/** Status, headers and body of the last answer in what came. */
function answerIn(text: string) {
  const at = text.lastIndexOf('HTTP/1.1 ');
  const [head = '', body = ''] = text.slice(at).split('\r\n\r\n');
  return { status: Number(head.slice(9, 12)), head, body };
}

async function ask(options: RawOptions & { readonly token?: string; readonly path?: string }) {
  const authorization = options.token === undefined ? {} : { authorization: `Bearer ${options.token}` };
  const line = `GET ${options.path ?? '/hosts'}`;
  const client = open(options).send(requestText(line, { ...authorization, connection: 'close' }));
  return answerIn(await client.untilEnd());
}

function codeIn(body: string): string {
  return errorBody.parse(JSON.parse(body)).error.code;
}

describe('a flood', () => {
  it('of one principal is 429 with the time to wait, and takes nothing from another', async () => {
    const { url, adminToken } = await withDoor({ requestsPerSecond: 0.01, requestsAtOnce: 20 });
    const { token } = await server.api.createToken({ body: { name: 'ci', roles: ['viewer'] } });
    const flood = open({ url });
    const request = requestText('GET /hosts', { authorization: `Bearer ${token}` });
    flood.send(request.repeat(40)).send(requestText('GET /nowhere', { connection: 'close' }));
    const statuses = [...(await flood.untilEnd()).matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => status);
    // They are looked at side by side, so those that were let in need not be the first.
    const answered = (status: string) => statuses.slice(0, 40).filter((each) => each === status).length;
    expect([answered('200'), answered('429')]).toEqual([20, 20]);
    const refused = await ask({ url, token });
    expect([refused.status, codeIn(refused.body)]).toEqual([429, 'rate_exceeded']);
    expect(Number(/retry-after: (\d+)/i.exec(refused.head)?.[1])).toBeGreaterThan(1);
    expect((await ask({ url, token: adminToken })).status).toBe(200);
  });

  it('of somebody who says nothing of himself counts by his address', async () => {
    const { url } = await withDoor({ requestsPerSecond: 0.01, requestsAtOnce: 5 });
    const statuses: number[] = [];
    for (let count = 0; count < 6; count += 1) statuses.push((await ask({ url, path: '/healthz' })).status);
    expect(statuses).toEqual([200, 200, 200, 200, 200, 429]);
    expect((await ask({ url, path: '/healthz', from: '127.0.0.2' })).status).toBe(200);
  });

  it('of wrong tokens stops being looked at, and locks out nobody who was let in before', async () => {
    const { url, adminToken } = await withDoor({ failuresPerSecond: 0.01, failuresAtOnce: 5 });
    expect((await ask({ url, token: adminToken })).status).toBe(200);
    const statuses: number[] = [];
    for (let guess = 0; guess < 8; guess += 1) statuses.push((await ask({ url, token: `guess-${guess}` })).status);
    expect(statuses).toEqual([401, 401, 401, 401, 401, 429, 429, 429]);
    expect((await ask({ url, token: adminToken })).status).toBe(200);
    expect((await ask({ url, token: 'guess', from: '127.0.0.2' })).status).toBe(401);
  });

  it('of connections is cut off, by address and altogether', async () => {
    const { url } = await withDoor({ connectionsPerAddress: 3, connections: 5 });
    const held = [1, 2, 3].map(() => open({ url }).send('GET /healthz HTTP/1.1\r\n'));
    await Promise.all(held.map((client) => new Promise((sent) => client.socket.write('host: a\r\n', sent))));
    expect(await open({ url }).send(requestText('GET /healthz')).untilEnd()).toBe('');
    const others = ['127.0.0.2', '127.0.0.3'].map((from) => open({ url, from }).send('GET / HTTP/1.1\r\n'));
    await Promise.all(others.map((client) => new Promise((sent) => client.socket.write('host: a\r\n', sent))));
    expect(await open({ url, from: '127.0.0.4' }).send(requestText('GET /healthz')).untilEnd()).toBe('');
    held[0]?.end();
    others[0]?.end();
    expect(
      (
        await eventually(
          () => ask({ url, path: '/healthz' }),
          ({ status }) => status === 200,
        )
      ).status,
    ).toBe(200);
  });

  it('of event streams leaves some to others', async () => {
    const { url, adminToken } = server.running;
    const authorization = `Bearer ${adminToken}`;
    const streams = Array.from({ length: limits.eventStreamsPerCaller }, () => open({ url }));
    for (const stream of streams) stream.send(requestText('GET /events', { authorization }));
    await Promise.all(streams.map((stream) => stream.until('welcome')));
    const refused = await ask({ url, token: adminToken, path: '/events' });
    expect([refused.status, codeIn(refused.body)]).toEqual([413, 'limit_exceeded']);
    const { token } = await server.api.createToken({ body: { name: 'another', roles: ['viewer'] } });
    const other = open({ url }).send(requestText('GET /events', { authorization: `Bearer ${token}` }));
    expect(await other.until('welcome')).toContain('200 OK');
  });
});

describe('a connection that is held open', () => {
  it.each([
    ['in its head', 'GET /healthz HTTP/1.1\r\nhost: a\r\nx-slow: '],
    [
      'in its body',
      'POST /tokens HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{',
    ],
  ])('%s is ended', async (_where, beginning) => {
    const { url } = await withDoor({ requestHeadMs: 200, requestTimeoutMs: 400, connectionsCheckedMs: 50 });
    const text = await open({ url }).send(beginning).untilEnd();
    // Who says nothing of himself is answered before his body has come.
    expect([408, 401]).toContain(answerIn(text).status);
    expect(codeIn(answerIn(text).body)).toMatch(/argument_invalid|token_missing/);
  });
});

describe('what is no request', () => {
  it.each([
    ['a giant header', requestText('GET /healthz', { 'x-large': 'a'.repeat(64 * 1024) }), 431],
    ['ten thousand headers', `GET /healthz HTTP/1.1\r\n${'a: b\r\n'.repeat(10_000)}\r\n`, 431],
    ['a giant path', requestText(`GET /${'a'.repeat(64 * 1024)}`), 431],
    ['two lengths', 'POST /tokens HTTP/1.1\r\nhost: a\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n', 400],
    [
      'a length and chunks',
      'POST /tokens HTTP/1.1\r\nhost: a\r\ncontent-length: 4\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n',
      400,
    ],
    ['another protocol', '\u0016\u0003\u0001\u0002', 400],
    ['a line break in a header', 'GET /healthz HTTP/1.1\r\nhost: a\r\nx: a\u0000b\r\n\r\n', 400],
  ])('%s is refused in the shape of every refusal', async (_name, text, status) => {
    const answer = answerIn(await open({ url: server.running.url }).send(text).untilEnd());
    expect([answer.status, codeIn(answer.body)]).toEqual([status, 'argument_invalid']);
    expect((await server.request('GET', '/healthz')).status).toBe(200);
  });
});

describe('a body', () => {
  it.each([
    ['lists in each other', '['.repeat(1_000_000)],
    ['objects in each other', '{"a":'.repeat(200_000)],
    ['a deep value that is whole', `{"name": ${'['.repeat(5_000)}${']'.repeat(5_000)}}`],
  ])('of %s is refused where it becomes too deep', async (_name, body) => {
    const response = await server.request('POST', '/tokens', { body });
    expect(response.status).toBe(400);
    expect(await response.text()).toContain(`nested more than ${limits.jsonDepth} deep`);
  });

  it.each(['{"__proto__": {"polluted": 1}}', '{"\\u005f_proto__": {"polluted": 1}}', '{"a": {"__pr\\u006fto__": []}}'])(
    '%j reaches no prototype',
    async (body) => {
      const response = await server.request('POST', '/tokens', { body });
      expect([response.status, await response.text()]).toEqual([400, expect.stringContaining('__proto__')]);
      expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
    },
  );
});

/** Asks again and again until the answer is what it will be; for what follows a while after its cause. */
async function eventually<T>(look: () => Promise<T>, isThere: (value: T) => boolean): Promise<T> {
  for (;;) {
    const value = await look();
    if (isThere(value)) return value;
  }
}
