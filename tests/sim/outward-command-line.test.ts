/** The command line against a real control plane: what sends requests to hosts, and who is told of what happens. */
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { parseHostId } from '@guise/model';
import type { RunningServer } from '@guise/server';
import { RealHaproxy } from '@guise/server/test-haproxy';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BareAgent } from './bare-agent.ts';
import { clientOf, startTestServer, temporaryDirectory } from './control-plane.ts';
import { runGuise } from './run-guise.ts';

const directory = temporaryDirectory();
const haproxy = new RealHaproxy();
const received: string[] = [];
let status = 204;
const receiver = createServer((request, response) => {
  received.push(String(request.headers['webhook-id']));
  request.resume();
  response.writeHead(status).end();
});
let server: RunningServer;
let agent: BareAgent;

beforeAll(async () => {
  await haproxy.start();
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
  server = await startTestServer({
    stateDirectory: join(directory.path, 'server'),
    allowOutbound: ['127.0.0.0/8'],
    trafficSockets: [haproxy.directory],
  });
  agent = await BareAgent.join(server, server.agentUrl, 'h1', directory.path);
  await clientOf(server).putHostTags({ params: { host_id: parseHostId('h1') }, body: { tags: { role: 'web' } } });
});
afterAll(async () => {
  await agent.close();
  await server.close();
  receiver.closeAllConnections();
  receiver.close();
  await haproxy.stop();
  directory.remove();
});

const run = (...argv: readonly string[]) =>
  runGuise(argv, { directory: directory.path, server, env: { COLUMNS: '200' } });

describe('guise traffic', () => {
  it('leads a host out and back', async () => {
    const set = [
      'traffic',
      'set',
      'edge',
      '--hosts',
      'role=web',
      '--haproxy',
      `unix:${haproxy.socket}`,
      '--backend',
      'web',
    ];
    expect(await run(...set)).toMatchObject({ code: 0, out: 'edge is set\n' });
    expect((await run('traffic', 'ls', '--live')).out).toContain('1 in traffic');
    expect(await run('traffic', 'drain', 'edge', 'h1')).toMatchObject({ code: 0, out: 'h1 is out of traffic\n' });
    expect(await haproxy.get()).toBe('h2');
    expect((await run('traffic', 'show', 'edge')).out).toMatch(/h1 +out of traffic/);
    expect(await run('traffic', 'restore', 'edge', 'h1')).toMatchObject({ code: 0, out: 'h1 is in traffic\n' });
    expect(await run('traffic', 'rm', 'edge')).toMatchObject({ code: 0 });
    expect((await run('traffic', 'ls')).out).toContain('guise traffic set NAME');
  });

  it('says when something is still under way', async () => {
    const set = [
      'traffic',
      'set',
      'edge',
      '--hosts',
      'role=web',
      '--haproxy',
      `unix:${haproxy.socket}`,
      '--backend',
      'web',
    ];
    await run(...set);
    const [h1] = haproxy.backends;
    const before = h1.served;
    const asked = [haproxy.get('/held'), haproxy.get('/held')];
    while (h1.served === before) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(await run('traffic', 'drain', 'edge', 'h1', '--deadline', '200ms')).toMatchObject({
      code: 1,
      out: 'h1 is out of traffic, 1 under way\n',
    });
    for (const backend of haproxy.backends) backend.letGo();
    await Promise.all(asked);
    expect(await run('traffic', 'drain', 'edge', 'h1')).toMatchObject({ code: 0 });
    expect(await run('traffic', 'restore', 'edge', 'h1')).toMatchObject({ code: 0 });
  });

  it('takes a key from a file as tsig-keygen writes it, and refuses half of what it needs', async () => {
    const secret = Buffer.alloc(32, 7).toString('base64');
    const file = join(directory.path, 'guise.key');
    writeFileSync(file, `key "guise" {\n\talgorithm hmac-sha256;\n\tsecret "${secret}";\n};\n`);
    const dns = ['traffic', 'set', 'www', '--hosts', 'role=web', '--dns', '127.0.0.1:5353', '--zone', 'example.org'];
    const rest = ['--record', 'www.example.org', '--host-name', '{host_id}.example.org', '--key-name', 'guise'];
    expect(await run(...dns, ...rest, '--key-file', file)).toMatchObject({ code: 0, out: 'www is set\n' });
    const shown = await run('traffic', 'show', 'www', '--json');
    expect(JSON.parse(shown.out)).toMatchObject({ driver: 'dns', settings: { ttl_s: 30, allow_empty: false } });
    expect(shown.out).not.toContain(secret);
    expect(await run(...dns)).toMatchObject({ code: 2, err: expect.stringContaining('--record') });
    expect(await run('traffic', 'set', 'x', '--hosts', 'a')).toMatchObject({ code: 2 });
  });
});

describe('guise webhook', () => {
  it('makes one, tests it, tells what it was sent, and removes it', async () => {
    const { port } = receiver.address() as AddressInfo;
    const made = await run('webhook', 'new', `http://127.0.0.1:${port}/`, 'checkout.*', 'alert.raised');
    expect(made).toMatchObject({ code: 0, out: expect.stringMatching(/^whsec_\S+\n$/) });
    const [id = ''] = /[0-9a-f-]{36}/.exec(made.err) ?? [];
    expect((await run('webhook', 'ls')).out).toContain('checkout.* alert.raised');
    expect(await run('webhook', 'test', id)).toMatchObject({ code: 0, out: 'delivered\n' });
    status = 500;
    expect(await run('webhook', 'test', id)).toMatchObject({
      code: 1,
      out: expect.stringContaining('attempt 1 failed: it answers with HTTP status 500; again at '),
    });
    expect(received).toHaveLength(2);
    const { out } = await run('webhook', 'ls', id);
    expect(out).toMatch(/webhook\.test .*delivered\n/);
    expect(await run('webhook', 'rm', id)).toMatchObject({ code: 0 });
    expect((await run('webhook', 'ls')).out).toContain('Nobody is told');
    expect(await run('webhook', 'rm', id)).toMatchObject({ code: 2 });
  });
});
