/** The agent's socket against a peer that does not keep to the protocol. The network is real; the peer is hand-made. */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { ServerMessage } from '@guise/api';
import { limits } from '@guise/model';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';
import { systemClock } from './clock.ts';
import { openSocket, type Socket } from './socket.ts';

let peer: WebSocketServer;
let socket: Socket;
const opened = () => once(peer, 'connection').then(([connection]: WebSocket[]) => connection!);

beforeEach(async () => {
  peer = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  await once(peer, 'listening');
});
afterEach(async () => {
  socket.close();
  for (const client of peer.clients) client.terminate();
  peer.close();
  await once(peer, 'close');
});

function connect() {
  const messages: ServerMessage[] = [];
  const welcomed = Promise.withResolvers<void>();
  const ignored: string[] = [];
  const ended = Promise.withResolvers<string>();
  const { port } = peer.address() as AddressInfo;
  socket = openSocket({
    url: `ws://127.0.0.1:${port}`,
    token: 'secret',
    clock: systemClock,
    onOpen: () => undefined,
    onMessage: (message) => {
      messages.push(message);
      welcomed.resolve();
    },
    onIgnored: (reason) => ignored.push(reason),
    onEnd: ended.resolve,
  });
  return { messages, ignored, ended: ended.promise, welcomed: welcomed.promise };
}

it('passes over what it does not understand and goes on', async () => {
  const arrived = opened();
  const { messages, ignored, welcomed } = connect();
  const connection = await arrived;
  const bad = ['', 'null', '{', '[]', '{"type":"surprise"}', '{"type":"desired","generation":0}', '"x"'];
  for (const text of bad) connection.send(text);
  connection.send(Buffer.from([0, 255, 1]));
  connection.send('{"type":"welcome","last_transaction":null,"from":"a newer control plane"}');
  await welcomed;
  expect(messages).toEqual([{ type: 'welcome', last_transaction: null }]);
  expect(ignored).toHaveLength(bad.length + 1);
});

it('ends the connection over a message that is too large, without taking it in', async () => {
  const arrived = opened();
  const { messages, ended } = connect();
  const connection = await arrived;
  connection.on('error', () => undefined);
  connection.send('x'.repeat(limits.wireMessageBytes + 1));
  expect(await ended).toContain('exceeded');
  expect(messages).toEqual([]);
});

it('does not send what the control plane would not take', async () => {
  const arrived = opened();
  connect();
  await arrived;
  const id = 'x'.repeat(64);
  expect(socket.send({ type: 'answer', id, answer: 'x'.repeat(limits.wireMessageBytes) })).toBe(false);
});

it('tells its end once, also when nobody is there', async () => {
  const ended: string[] = [];
  const { promise, resolve } = Promise.withResolvers<void>();
  socket = openSocket({
    url: 'ws://127.0.0.1:1',
    token: 'secret',
    clock: systemClock,
    onOpen: () => undefined,
    onMessage: () => undefined,
    onIgnored: () => undefined,
    onEnd: (reason) => {
      ended.push(reason);
      resolve();
    },
  });
  await promise;
  expect(ended).toHaveLength(1);
});
