/** What a host's certificate is good for, how long, and what happens to copies of it. */
import { once } from 'node:events';
import { parseHostId } from '@guise/model';
import { newIdentityKey } from '@guise/trust/certificate-request';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { startServer } from '../../main.ts';
import type { PortAnswer, TestAgent } from '../../test-agent.ts';
import { TestServer } from '../../test-server.ts';

const server = new TestServer();
const sockets: WebSocket[] = [];
beforeAll(() => server.start());
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.terminate();
});
afterAll(() => server.stop());

const codeOf = ({ body }: PortAnswer) => (body as { error?: { code: string } } | null)?.error?.code;
const at = (name: string) => ({ host_id: parseHostId(name) });
const generationOf = ({ body }: PortAnswer) => (body as { generation?: number }).generation;

async function connected(agent: TestAgent): Promise<WebSocket> {
  const socket = new WebSocket(...agent.door);
  sockets.push(socket);
  await once(socket, 'open');
  socket.send(
    JSON.stringify({ type: 'hello', protocol: 1, host_id: agent.hostId, agent_version: '1', facts: {}, known: null }),
  );
  await once(socket, 'message');
  return socket;
}

/** Close code and reason. */
async function ending(socket: WebSocket): Promise<readonly [number, string]> {
  const [code, reason] = (await once(socket, 'close')) as [number, Buffer];
  return [code, reason.toString()];
}

const ownState = (agent: TestAgent) => agent.call('GET', `/hosts/${agent.hostId}/state`);

describe('a renewal', () => {
  it('counts one up, and the certificate before is good until the new one is used', async () => {
    const agent = await server.enrol('renewer');
    const former = agent.copy();
    expect(generationOf(await agent.renew())).toBe(2);
    expect((await ownState(former)).status).toBe(200);
    expect((await ownState(agent)).status).toBe(200);
    expect(codeOf(await ownState(former))).toBe('certificate_invalid');
    expect(generationOf(await agent.renew())).toBe(3);
    const second = agent.copy();
    expect(generationOf(await agent.renew())).toBe(4);
    expect(generationOf(await agent.renew())).toBe(5);
    // Of those before the newest, one is good at most.
    expect(codeOf(await ownState(second))).toBe('certificate_invalid');
    expect((await server.api.getHost({ params: at('renewer') })).identity).toBe('active');
  });

  it('is answered again, whose first answer was lost', async () => {
    const agent = await server.enrol('forgetful');
    const key = newIdentityKey();
    const body = agent.renewalBody(key);
    const first = await agent.call('POST', '/renew', body);
    expect(await agent.call('POST', '/renew', body)).toEqual(first);
    agent.use(key, (first.body as { certificate: string }).certificate);
    expect(generationOf(await agent.renew())).toBe(3);
  });

  it('is for the host that asks, with the key that it has', async () => {
    const agent = await server.enrol('selfish');
    const forOther = agent.renewalBody(newIdentityKey(), 'other');
    expect(codeOf(await agent.call('POST', '/renew', forOther))).toBe('csr_invalid');
    const { csr } = agent.renewalBody();
    const { proof } = agent.renewalBody();
    expect(codeOf(await agent.call('POST', '/renew', { csr, proof }))).toBe('csr_invalid');
    expect(codeOf(await agent.call('POST', '/renew', '{'))).toBe('argument_invalid');
    expect(generationOf(await agent.renew())).toBe(2);
  });

  it.each(['first', 'second'])('by a copy of a host locks both, when the copy comes %s', async (order) => {
    const name = `cloned-${order}`;
    const original = await server.enrol(name);
    const copy = original.copy();
    const [earlier, later] = order === 'first' ? [copy, original] : [original, copy];
    const socket = await connected(original);
    expect((await earlier.renew()).status).toBe(200);
    const closing = ending(socket);
    expect(codeOf(await later.renew())).toBe('identity_locked');
    expect(await closing).toEqual([4403, 'the identity of the host is locked']);
    for (const agent of [original, copy]) {
      expect(codeOf(await ownState(agent))).toBe('identity_locked');
      expect(codeOf(await agent.renew())).toBe('identity_locked');
    }
    const { items } = await server.api.listAudit({ query: { resource: `host/${name}` } });
    expect(items.filter(({ action }) => action === 'host:lock')).toMatchObject([
      { detail: { presented: 1, newest: 2 } },
    ]);
    const alerts = await server.api.listAlerts({ query: { ...at(name), active: 'true' } });
    expect(alerts.items).toMatchObject([{ type: 'identity', message: expect.stringContaining('guise host token') }]);
    expect((await server.api.getHost({ params: at(name) })).identity).toBe('locked');
  });

  it('after a lock takes a new enrolment, and then no copy can lock it again', async () => {
    const original = await server.enrol('recovered');
    const copy = original.copy();
    await original.renew();
    await copy.renew();
    const anew = await server.enrol('recovered');
    expect((await ownState(anew)).status).toBe(200);
    for (const agent of [original, copy]) expect(codeOf(await agent.renew())).toBe('certificate_invalid');
    expect((await ownState(anew)).status).toBe(200);
    expect((await server.api.listAlerts({ query: { ...at('recovered'), active: 'true' } })).items).toEqual([]);
  });

  it('of a hundred at the same instant is one, and whoever else asked is a copy', async () => {
    const agent = await server.enrol('crowded');
    const answers = await Promise.all(Array.from({ length: 100 }, () => agent.copy().renew()));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(answers.filter((answer) => codeOf(answer) === 'identity_locked')).toHaveLength(99);
  });
});

describe('a revocation', () => {
  it('ends open connections on every replica, and says why to whoever comes later', async () => {
    const stateDirectory = `${server.stateDirectory}/there`;
    const there = await startServer({
      stateDirectory,
      masterKeyFile: server.running.masterKeyFile,
      database: server.running.databaseUrl,
      port: 0,
      agentPort: 0,
      report: () => undefined,
    });
    try {
      const agent = await server.enrol('revoked', there.agentUrl);
      const socket = await connected(agent);
      // Not greeted yet, as that of a confirmation.
      const silent = new WebSocket(...agent.door);
      sockets.push(silent);
      await once(silent, 'open');
      const closing = Promise.all([socket, silent].map(ending));
      await server.api.revokeHost({ params: at('revoked'), body: { reason: 'its disk was copied' } });
      expect(await closing).toEqual([
        [4403, 'the identity of the host is revoked'],
        [4403, 'the identity of the host is revoked'],
      ]);
      const refused = await ownState(agent);
      expect([refused.status, codeOf(refused)]).toEqual([403, 'identity_revoked']);
      expect(JSON.stringify(refused.body)).toContain('its disk was copied');
      expect(codeOf(await agent.renew())).toBe('identity_revoked');
      const [error] = (await once(new WebSocket(...agent.door), 'error')) as [Error];
      expect(error.message).toContain('403');
    } finally {
      await there.close();
    }
  });

  it('is done once, is audited, and ends with a new enrolment', async () => {
    await server.enrol('returning');
    await server.api.revokeHost({ params: at('returning'), body: {} });
    await server.api.revokeHost({ params: at('returning'), body: {} });
    const { items } = await server.api.listAudit({ query: { resource: 'host/returning' } });
    expect(items.filter(({ action }) => action === 'host:revoke')).toHaveLength(1);
    expect((await ownState(await server.enrol('returning'))).status).toBe(200);
    await expect(server.api.revokeHost({ params: at('nobody'), body: {} })).rejects.toMatchObject({
      code: 'host_not_found',
    });
  });

  it('comes with forgetting a host, and with another that enrols in its place', async () => {
    const agent = await server.enrol('replaced');
    const socket = await connected(agent);
    const closing = ending(socket);
    await server.enrol('replaced');
    expect(await closing).toEqual([4403, 'the host is enrolled no more, or anew']);
    expect(codeOf(await ownState(agent))).toBe('certificate_invalid');
    const forgotten = await server.enrol('forgotten');
    await server.api.deleteHost({ params: at('forgotten') });
    expect(codeOf(await ownState(forgotten))).toBe('certificate_invalid');
  });
});

describe('a certificate', () => {
  const brief = new TestServer();
  beforeAll(() => brief.start({ certificateLifeMs: 5_000 }));
  afterAll(() => brief.stop());

  it('ends, and with it every connection that it opened; the port itself goes on with new ones', async () => {
    const agent = await brief.enrol('h1');
    const socket = await connected(agent);
    const [code, reason] = await ending(socket);
    expect([code, reason]).toEqual([4403, 'the certificate has ended']);
    const refused = await ownState(agent);
    expect([refused.status, codeOf(refused)]).toEqual([401, 'certificate_invalid']);
    expect((await agent.renew()).status).toBe(401);
    // The first certificate of the port has ended by now as well.
    expect((await ownState(await brief.enrol('h2'))).status).toBe(200);
  });
});
