/** The agent's link against a control plane that does not keep to the protocol. The network is real; the control plane is hand-made. */
import { once } from 'node:events';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { type AgentMessage, agentMessage, type ServerMessage } from '@guise/api';
import { limits, parseHostId } from '@guise/model';
import { readCertificateRequest } from '@guise/trust/certificate-request';
import { issueHostCertificate, issueServerCertificate, makeAuthority } from '@guise/trust/certificates';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';
import { localHost } from '../host/local-host.ts';
import { leaseHere } from '../lease/lease-here.ts';
import { SnapshotStore } from '../lease/snapshot-store.ts';
import { TestHost } from '../triggers/test-host.ts';
import { HostTrust } from '../trust/host-trust.ts';
import { TrustStore } from '../trust/trust-store.ts';
import { connectLink, type Link } from './connect-link.ts';
import { IdentityStore } from './identity-store.ts';

/** So long that nothing is renewed, whatever the day is. */
const validity = { notBefore: new Date('2020-01-01'), notAfter: new Date('2120-01-01') };
const hostId = parseHostId('h1');
let host: TestHost;
let door: Server;
let peer: WebSocketServer;
let link: Link | null = null;

beforeEach(() => {
  host = new TestHost();
});
afterEach(async () => {
  link?.close();
  for (const client of peer.clients) client.terminate();
  peer.close();
  door.close();
  await once(door, 'close');
  await host.remove();
});

/** A control plane that listens, and the host as it is enrolled there. */
async function enrolled(): Promise<IdentityStore> {
  const authority = await makeAuthority(validity);
  const served = await issueServerCertificate(authority, validity);
  door = createServer({ key: served.key, cert: served.certificate });
  peer = new WebSocketServer({ server: door });
  door.listen(0, '127.0.0.1');
  await once(door, 'listening');
  const identity = new IdentityStore(join(host.root, 'state/identity.json'), hostId);
  const { publicKey } = readCertificateRequest(identity.prepareEnrolment('digest').csr, hostId);
  const { certificate } = await issueHostCertificate(authority, { hostId, publicKey, ...validity });
  identity.accept({ certificate, generation: 1 }, authority.certificate);
  return identity;
}

async function connect() {
  const identity = await enrolled();
  const opened = once(peer, 'connection') as Promise<[WebSocket]>;
  const stateDirectory = join(host.root, 'state');
  const { engine, conductor } = host;
  const store = new TrustStore(join(stateDirectory, 'trust.json'));
  const trust = new HostTrust({ store, hostId, nowMs: host.clock.nowMs });
  const { port } = door.address() as AddressInfo;
  link = connectLink({
    url: `https://127.0.0.1:${port}`,
    identity,
    agentVersion: '0.1.0',
    facts: () => ({ hostname: 'h1' }),
    engine,
    conductor,
    trust,
    lease: leaseHere({
      engine,
      conductor,
      trust,
      host: localHost(host),
      snapshots: new SnapshotStore(stateDirectory),
      stateDirectory,
      nowMs: host.clock.nowMs,
    }),
    clock: host.clock,
    audit: { trust: store, evidencePath: join(host.root, 'state/audit-evidence.json') },
    makeNonce: () => 'nonce',
    report: (line) => host.reports.push(line),
  });
  const [connection] = await opened;
  const said: AgentMessage[] = [];
  connection.on('message', (data: Buffer) => said.push(agentMessage.parse(JSON.parse(data.toString()))));
  const say = (message: ServerMessage) => connection.send(JSON.stringify(message));
  /** All that was said before was taken in, and all that follows from it was sent. */
  const answered = async (id: string) => {
    say({ type: 'ask', id, question: { ask: 'state' } });
    await host.eventually(`an answer to ${id}`, () => said.some((each) => each.type === 'answer' && each.id === id));
  };
  await host.eventually('a hello', () => said.some(({ type }) => type === 'hello'));
  return { said, say, answered };
}

it('takes one welcome a connection, so that its heart beats at one pace', async () => {
  const { said, say, answered } = await connect();
  for (let count = 0; count < 50; count += 1) say({ type: 'welcome', last_transaction: null });
  await answered('welcomed');
  expect(link?.connected).toBe(true);
  await host.clock.advance(limits.heartbeatMs * 3);
  await answered('after three periods');
  expect(said.filter(({ type }) => type === 'heartbeat')).toHaveLength(3);
});
