/** Agents and their identities against a real control plane: nobody else gets a token, nobody loses an identity, and copies are found. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import {
  type AskAgentsPort,
  askAgentsPort,
  enrol,
  type IdentityStore,
  keepRenewed,
  pinnedRoot,
  renew,
  TrustStore,
} from '@guise/agent/link';
import { ManualClock } from '@guise/agent/manual-clock';
import type { Client } from '@guise/api';
import { limits, parseHostId } from '@guise/model';
import type { RunningServer } from '@guise/server';
import { issueServerCertificate, makeAuthority } from '@guise/trust/certificates';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  clientOf,
  enrolTestHost,
  eventually,
  identityIn,
  startTestAgent,
  startTestServer,
  type TestAgent,
  temporaryDirectory,
} from './control-plane.ts';

const directory = temporaryDirectory();
const agents: TestAgent[] = [];
let server: RunningServer;
let api: Client;

beforeAll(async () => {
  server = await startTestServer({ stateDirectory: join(directory.path, 'server') });
  api = clientOf(server);
});
afterEach(async () => {
  await Promise.all(agents.splice(0).map((agent) => agent.link.close()));
});
afterAll(async () => {
  await server.close();
  directory.remove();
});

const at = (name: string) => ({ host_id: parseHostId(name) });
const tokenFor = async (name: string) => (await api.createJoinToken({ body: at(name) })).join_token;

function folderOf(name: string): string {
  const folder = join(directory.path, name);
  mkdirSync(folder, { recursive: true });
  return folder;
}

const trustIn = (folder: string) => new TrustStore(join(folder, 'trust.json'));

async function connectedAgent(name: string): Promise<TestAgent> {
  await enrolTestHost(server, name, folderOf(name));
  return start(name);
}

async function start(name: string): Promise<TestAgent> {
  const agent = startTestAgent(server.agentUrl, name, folderOf(name));
  agents.push(agent);
  await eventually(`${name} is connected`, () => agent.link.connected);
  return agent;
}

describe('enrolling', () => {
  it('keeps keys and certificate to their owner, and pins whom to trust', async () => {
    const folder = folderOf('pinned');
    await enrolTestHost(server, 'pinned', folder);
    expect(identityIn(folder, 'pinned').current).toMatchObject({ generation: 1 });
    expect(trustIn(folder).state).toMatchObject({ organization: 'local', environment: 'development' });
  });

  it('tells the token to nobody but the authority that made it', async () => {
    const hour = { notBefore: new Date(Date.now() - 60_000), notAfter: new Date(Date.now() + 3_600_000) };
    const foreign = await makeAuthority(hour);
    const heard: string[] = [];
    // One has an authority of its own; the other tells the right one, as anybody can, and has no certificate by it.
    const right = (await askAgentsPort({ url: server.agentUrl, path: '/ca', authority: 'unverified' })) as object;
    for (const [name, told] of [
      ['victim-1', { ca: foreign.certificate }],
      ['victim-2', right],
    ] as const) {
      const middle = await middleman(await issueServerCertificate(foreign, hour), told, heard);
      const identity = identityIn(folderOf(name), name);
      const joinToken = await tokenFor(name);
      const options = { joinToken, identity, trust: trustIn(folderOf(name)), root: null };
      const { port } = middle.address() as AddressInfo;
      await expect(enrol({ ...options, url: `https://127.0.0.1:${port}` })).rejects.toMatchObject({
        code: expect.stringMatching(/^(certificate_invalid|server_unavailable)$/),
      });
      middle.close();
      expect(heard.join('\n')).not.toContain('join_');
      expect(identity.current).toBeNull();
      // The token is as good as before.
      await enrol({ ...options, url: server.agentUrl });
      expect(identity.current).not.toBeNull();
    }
    expect(heard.filter((line) => line.startsWith('GET /ca'))).toHaveLength(2);
  });

  it('goes by the root that somebody put on the host beforehand, and by no other', async () => {
    const folder = folderOf('careful');
    await enrolTestHost(server, 'sample', folderOf('sample'));
    const { root } = trustIn(folderOf('sample')).state ?? {};
    const file = join(folder, 'root.json');
    writeFileSync(file, JSON.stringify(root));
    const options = { url: server.agentUrl, trust: trustIn(folder), identity: identityIn(folder, 'careful') };
    const [signature] = root?.signatures ?? [];
    const other = { ...root!, signatures: [{ ...signature!, keyid: `ed25519:${'0'.repeat(64)}` }] };
    const joinToken = await tokenFor('careful');
    await expect(enrol({ ...options, joinToken, root: other })).rejects.toMatchObject({ code: 'root_refused' });
    expect([options.identity.current, options.trust.state]).toEqual([null, null]);
    await enrol({ ...options, joinToken, root: pinnedRoot(file) });
    expect(options.identity.current).not.toBeNull();
  });
});

describe('killed', () => {
  it.each([
    ['/ca', 'before'],
    ['/ca', 'after'],
    ['/enroll', 'before'],
    ['/enroll', 'after'],
  ])(
    'while it enrols, at %s %s its answer, a host enrols with the same token at its next start',
    async (path, when) => {
      const name = `killed${path.replace('/', '-')}-${when}`;
      const joinToken = await tokenFor(name);
      await killedAt(['enrol', path, when, server.agentUrl, folderOf(name), name, joinToken]);
      const identity = identityIn(folderOf(name), name);
      expect(identity.current).toBeNull();
      await enrol({ url: server.agentUrl, joinToken, identity, trust: trustIn(folderOf(name)), root: null });
      expect(identity.current?.generation).toBe(1);
      await start(name);
    },
  );

  it.each(['before', 'after'])('while it renews, %s its answer, it is no copy of itself', async (when) => {
    const name = `renewing-${when}`;
    await enrolTestHost(server, name, folderOf(name));
    await killedAt(['renew', '/renew', when, server.agentUrl, folderOf(name), name]);
    const identity = identityIn(folderOf(name), name);
    expect(identity).toMatchObject({ isRenewing: true, current: { generation: 1 } });
    // It is let in with what it has, and gets what it asked for by itself.
    await start(name);
    await eventually('it was renewed', () => identityIn(folderOf(name), name).current?.generation === 2);
    expect((await api.getHost({ params: at(name) })).identity).toBe('active');
  });
});

describe('a certificate', () => {
  it('is renewed when half of its time is over, by the clock of the host', async () => {
    const identity = await enrolled('punctual');
    const clock = new ManualClock(new Date().toISOString());
    const asked: string[] = [];
    const renewed = Promise.withResolvers<void>();
    const ask: AskAgentsPort = (request) => {
      asked.push(request.path);
      return askAgentsPort(request);
    };
    const reports: string[] = [];
    const close = keepRenewed({
      url: server.agentUrl,
      identity,
      clock,
      ask,
      onRenewed: () => {
        close();
        renewed.resolve();
      },
      report: (line) => reports.push(line),
    });
    await clock.advance(11.5 * 3_600_000);
    expect(asked).toEqual([]);
    await clock.advance(2 * 3_600_000);
    await renewed.promise;
    expect([asked, identity.current?.generation, reports]).toEqual([['/renew'], 2, []]);
  });

  it('that cannot be renewed is tried again, sooner when nobody answered than when the answer was no', async () => {
    const identity = await enrolled('patient');
    const clock = new ManualClock(new Date().toISOString());
    const reports: string[] = [];
    let asked = 0;
    let url = 'https://127.0.0.1:1';
    const ask: AskAgentsPort = async (request) => {
      asked += 1;
      return askAgentsPort({ ...request, url });
    };
    const report = (line: string) => reports.push(line);
    const close = keepRenewed({ url, identity, clock, ask, onRenewed: () => undefined, report });
    /** A minute at a time, because a try that goes on has set no timer yet. */
    const minutesUntil = (what: string, holds: () => boolean) =>
      eventually(what, async () => {
        if (!holds()) await clock.advance(60_000);
        return holds();
      });
    await clock.advance(14 * 3_600_000);
    await minutesUntil('it was asked four times', () => asked === 4);
    await api.revokeHost({ params: at('patient'), body: {} });
    url = server.agentUrl;
    await minutesUntil('it was refused', () => reports.length === 2);
    const refusedAfter = asked;
    await clock.advance(limits.refusedRetryMs - 1_000);
    expect(asked).toBe(refusedAfter);
    await clock.advance(1_000);
    expect(asked).toBe(refusedAfter + 1);
    close();
    expect(reports).toEqual([
      expect.stringContaining('Cannot reach the control plane'),
      expect.stringContaining('is revoked'),
    ]);
  });
});

describe('an agent', () => {
  it('connects anew with each certificate, and does not say that it lost its control plane', async () => {
    const brief = await startTestServer({ stateDirectory: join(directory.path, 'brief'), certificateLifeMs: 8_000 });
    try {
      const folder = folderOf('brief-agent');
      await enrolTestHost(brief, 'brief-agent', folder);
      const agent = startTestAgent(brief.agentUrl, 'brief-agent', folder);
      agents.push(agent);
      const generation = () => identityIn(folder, 'brief-agent').current?.generation ?? 0;
      await eventually('it has renewed its certificate', () => generation() >= 2);
      await eventually('it is connected', () => agent.link.connected);
      expect(agent.reports).toEqual([]);
      await agent.link.close();
    } finally {
      await brief.close();
    }
  });

  it('that is a copy locks both; each says so once and keeps what it has', async () => {
    const original = await connectedAgent('twin');
    const folder = folderOf('twin-copy');
    for (const file of ['identity.json', 'trust.json']) {
      writeFileSync(join(folder, file), readFileSync(join(original.stateDirectory, file)));
    }
    await renew(server.agentUrl, identityIn(folder, 'twin'));
    await expect(renew(server.agentUrl, identityIn(original.stateDirectory, 'twin'))).rejects.toMatchObject({
      code: 'identity_locked',
    });
    const refusals = () => original.reports.filter((line) => line.includes('refuses this host, which stays as it is'));
    await eventually('it says that it is refused', () => refusals().length > 0);
    expect(refusals()).toEqual([expect.stringContaining('is locked')]);
    expect(original.link.connected).toBe(false);
    await original.link.close();
    // A person enrols the host again, and it is let in.
    await connectedAgent('twin');
  });

  it('is put out when its host is revoked, says why, and is let in again after enrolling', async () => {
    const agent = await connectedAgent('outcast');
    await api.revokeHost({ params: at('outcast'), body: { reason: 'lost on a train' } });
    await eventually('it says why', () => agent.reports.some((line) => line.includes('lost on a train')));
    expect(agent.link.connected).toBe(false);
    await agent.link.close();
    await connectedAgent('outcast');
  });
});

async function enrolled(name: string): Promise<IdentityStore> {
  await enrolTestHost(server, name, folderOf(name));
  return identityIn(folderOf(name), name);
}

/** Throws: when it ended otherwise. */
async function killedAt(argv: readonly string[]): Promise<void> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'identity-process.ts'), ...argv], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let words = '';
  child.stderr.on('data', (chunk: Buffer) => {
    words += chunk.toString();
  });
  const [code, signal] = (await once(child, 'close')) as [number | null, string | null];
  if (signal !== 'SIGKILL') throw new Error(`It was to be killed, and ended with ${code}: ${words}`);
}

/** Answers `/ca` with what it is told, and keeps all that it hears. */
async function middleman(
  { key, certificate }: { readonly key: string; readonly certificate: string },
  ca: object,
  heard: string[],
): Promise<Server> {
  const middle = createServer({ key, cert: certificate }, (request, response) => {
    let text = `${request.method} ${request.url}`;
    request.on('data', (chunk: Buffer) => {
      text += chunk.toString();
    });
    request.on('end', () => {
      heard.push(text);
      response.setHeader('content-type', 'application/json').end(JSON.stringify(ca));
    });
  });
  middle.listen(0, '127.0.0.1');
  await once(middle, 'listening');
  return middle;
}
