/** The agent's socket against a peer that does not keep to the protocol. The network is real; the peer is hand-made. */
import { once } from 'node:events';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { ServerMessage } from '@guise/api';
import { limits } from '@guise/model';
import { makeCertificateRequest, newIdentityKey, readCertificateRequest } from '@guise/trust/certificate-request';
import { issueHostCertificate, issueServerCertificate, makeAuthority } from '@guise/trust/certificates';
import { afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';
import { systemClock } from './clock.ts';
import type { Credential } from './identity-store.ts';
import { openSocket, type Socket } from './socket.ts';

let peer: WebSocketServer;
let socket: Socket;
const opened = () => once(peer, 'connection').then(([connection]: WebSocket[]) => connection!);

const hour = { notBefore: new Date(Date.now() - 60_000), notAfter: new Date(Date.now() + 3_600_000) };
let credential: Credential;
let door: Server;
beforeAll(async () => {
  const authority = await makeAuthority(hour);
  const served = await issueServerCertificate(authority, hour);
  const key = newIdentityKey();
  const { publicKey } = readCertificateRequest(makeCertificateRequest('h1', key), 'h1');
  const { certificate } = await issueHostCertificate(authority, { hostId: 'h1', publicKey, ...hour });
  credential = { key, certificate, ca: authority.certificate };
  door = createServer({ key: served.key, cert: served.certificate });
});

beforeEach(async () => {
  peer = new WebSocketServer({ server: door });
  door.listen(0, '127.0.0.1');
  await once(door, 'listening');
});
afterEach(async () => {
  socket.close();
  for (const client of peer.clients) client.terminate();
  peer.close();
  door.close();
  await once(door, 'close');
});

function connect() {
  const messages: ServerMessage[] = [];
  const welcomed = Promise.withResolvers<void>();
  const ignored: string[] = [];
  const ended = Promise.withResolvers<string>();
  const { port } = door.address() as AddressInfo;
  socket = openSocket({
    url: `https://127.0.0.1:${port}`,
    credential,
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
    url: 'https://127.0.0.1:1',
    credential,
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

it('speaks to nobody but its control plane, by authority and by name', async () => {
  const other = await makeAuthority(hour);
  const own = await issueServerCertificate(other, hour);
  for (const served of [
    { key: own.key, cert: own.certificate },
    { key: credential.key, cert: credential.certificate },
  ]) {
    door.setSecureContext(served);
    let arrived = 0;
    peer.on('connection', () => {
      arrived += 1;
    });
    const { ended } = connect();
    expect(await ended).toMatch(/certificate/);
    expect(arrived).toBe(0);
  }
});
