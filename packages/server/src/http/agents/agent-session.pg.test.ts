/** The agents' port against agents that do not keep to the protocol. */
import { once } from 'node:events';
import type { ServerMessage } from '@guise/api';
import { parseHostId } from '@guise/model';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import type { TestAgent } from '../../test-agent.ts';
import { TestServer } from '../../test-server.ts';

const server = new TestServer();
beforeAll(() => server.start());
afterAll(() => server.stop());
const sockets: WebSocket[] = [];
const params = { host_id: parseHostId('h1') };
const hello = { type: 'hello', protocol: 1, host_id: 'h1', agent_version: '1', facts: {}, known: null };

let agent: TestAgent;
beforeAll(async () => {
  agent = await server.enrol('h1');
});
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.terminate();
});

function connect(): WebSocket {
  const socket = new WebSocket(...agent.door);
  sockets.push(socket);
  return socket;
}

async function nextMessage(socket: WebSocket): Promise<ServerMessage> {
  const [data] = (await once(socket, 'message')) as [Buffer];
  return JSON.parse(data.toString()) as ServerMessage;
}

async function closeReason(socket: WebSocket): Promise<string> {
  const [, reason] = (await once(socket, 'close')) as [number, Buffer];
  return reason.toString();
}

async function greet(): Promise<WebSocket> {
  const socket = connect();
  await once(socket, 'open');
  socket.send(JSON.stringify(hello));
  expect(await nextMessage(socket)).toMatchObject({ type: 'welcome' });
  return socket;
}

async function metric(name: string): Promise<number> {
  const text = await (await server.request('GET', '/metrics')).text();
  return Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(text)?.[1]);
}

describe('an agent', () => {
  it('must say hello first, in the name of its own host', async () => {
    const hasty = connect();
    await once(hasty, 'open');
    hasty.send(JSON.stringify({ type: 'heartbeat' }));
    expect(await closeReason(hasty)).toContain('must be hello');
    const impostor = connect();
    await once(impostor, 'open');
    impostor.send(JSON.stringify({ ...hello, host_id: 'h2' }));
    expect(await closeReason(impostor)).toContain('another host');
    const foreign = connect();
    await once(foreign, 'open');
    foreign.send(JSON.stringify({ ...hello, protocol: 99 }));
    expect(await closeReason(foreign)).toContain('protocol');
  });

  it('may say what is not understood, and is still asked and answers', async () => {
    const socket = await greet();
    const before = await metric('guise_agent_messages_ignored_total');
    for (const text of ['', '{', '{"type":"surprise"}', '{"type":"report","state":{}}']) socket.send(text);
    socket.send(Buffer.from([1, 2, 3]));
    const asking = server.api.getHostDrift({ params });
    const ask = await nextMessage(socket);
    expect(ask).toMatchObject({ type: 'ask', question: { ask: 'drift' } });
    socket.send(JSON.stringify({ type: 'answer', id: 'nobody asked', answer: 1 }));
    socket.send(JSON.stringify({ type: 'answer', id: ask.type === 'ask' ? ask.id : '', answer: [] }));
    expect(await asking).toEqual({ drift: [] });
    expect(await metric('guise_agent_messages_ignored_total')).toBe(before + 5);
    expect(await metric('guise_agents_connected')).toBe(1);
  });

  it('that answers in another shape is told of, not believed', async () => {
    const socket = await greet();
    const asking = server.api.getHostDrift({ params });
    const ask = await nextMessage(socket);
    socket.send(JSON.stringify({ type: 'answer', id: ask.type === 'ask' ? ask.id : '', answer: { not: 'a list' } }));
    await expect(asking).rejects.toMatchObject({ code: 'message_invalid' });
  });

  it('that goes away while it is asked leaves nobody waiting', async () => {
    const socket = await greet();
    const asking = server.api.getHostDrift({ params });
    await nextMessage(socket);
    socket.terminate();
    await expect(asking).rejects.toMatchObject({ code: 'host_unavailable' });
  });

  it('that connects again takes the place of its former connection', async () => {
    const first = await greet();
    const closing = closeReason(first);
    const second = await greet();
    expect(await closing).toContain('newer connection');
    const asking = server.api.getHostDrift({ params });
    const ask = await nextMessage(second);
    second.send(JSON.stringify({ type: 'answer', id: ask.type === 'ask' ? ask.id : '', answer: [] }));
    expect(await asking).toEqual({ drift: [] });
  });

  it('that a policy shuts out is let go with its next word, and may come back when the policy is gone', async () => {
    const socket = await greet();
    const text = 'forbid (principal == Host::"h1", action == Action::"self:report", resource);';
    await server.api.putPolicy({ params: { name: 'quarantine' }, body: { text } });
    const closing = closeReason(socket);
    socket.send(JSON.stringify({ type: 'heartbeat' }));
    socket.send(JSON.stringify({ type: 'candidates', candidates: [], holds: [] }));
    expect(await closing).toContain('a policy forbids it');
    await server.api.deletePolicy({ params: { name: 'quarantine' } });
    await greet();
  });

  it('of a host that was deleted is let go', async () => {
    const socket = await greet();
    const closing = closeReason(socket);
    await server.api.deleteHost({ params });
    expect(await closing).toContain('enrolled no more');
    const [error] = (await once(connect(), 'error')) as [Error];
    expect(error.message).toContain('401');
  });
});
