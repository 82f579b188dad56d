/** The control plane killed with `kill -9`, while agents and people are using it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { enrol, renew, TrustStore } from '@guise/agent/link';
import { client } from '@guise/api';
import { parseHostId, parsePersonaId } from '@guise/model';
import type { RunningServer } from '@guise/server';
import { afterAll, afterEach, expect, it } from 'vitest';
import {
  enrolTestHost,
  eventually,
  identityIn,
  personaText,
  startTestAgent,
  type TestAgent,
  temporaryDirectory,
} from './control-plane.ts';

type Ready = Pick<RunningServer, 'url' | 'agentUrl' | 'adminToken'>;
const directory = temporaryDirectory();
const stateDirectory = join(directory.path, 'server');
const postmasterFile = join(stateDirectory, 'postgres', 'postmaster.pid');
const processes: ChildProcess[] = [];
const agents: TestAgent[] = [];

afterEach(async () => {
  await Promise.all(agents.splice(0).map(({ link }) => link.close()));
  await Promise.all(processes.splice(0).map(kill));
  // PostgreSQL follows its server by itself; until it is gone it writes here.
  await eventually('PostgreSQL is gone', () => !existsSync(postmasterFile));
});
afterAll(() => directory.remove());

async function startProcess(agentPort: string) {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'server-process.ts'), stateDirectory, agentPort], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  processes.push(child);
  let words = '';
  child.stderr.on('data', (chunk: Buffer) => {
    words += chunk.toString();
  });
  const line = await Promise.race([once(child.stdout, 'data'), once(child, 'close').then(() => [words])]);
  return { child, server: JSON.parse(String(line[0])) as Ready };
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const closed = once(child, 'close');
  child.kill('SIGKILL');
  await closed;
}

it('keeps everything, leaves no PostgreSQL behind, and gets its agents back, which kept what they had', async () => {
  const first = await startProcess('0');
  const api = client({ baseUrl: first.server.url, token: first.server.adminToken, fetch });
  const agentDirectory = join(directory.path, 'agent');
  mkdirSync(agentDirectory);
  await enrolTestHost(first.server, 'h1', agentDirectory);
  const agent = startTestAgent(first.server.agentUrl, 'h1', agentDirectory);
  agents.push(agent);
  await api.publishPersona({ body: { document: personaText('web', 10) } });
  const params = { host_id: parseHostId('h1'), persona_id: parsePersonaId('web') };
  await api.assignToHost({ params, body: {} });
  await eventually('web is applied', () => agent.engine.applied.at(-1)?.join() === 'web@1');
  const audit = await api.listAudit();

  const postmaster = Number.parseInt(readFileSync(postmasterFile, 'utf8'), 10);
  await kill(first.child);
  await eventually('PostgreSQL is gone', () => !existsSync(`/proc/${postmaster}`));
  await eventually('the agent noticed', () => !agent.link.connected);
  expect(agent.engine.active().map(({ instance }) => instance)).toEqual(['web']);

  // An agent that starts while the control plane is away goes by what is on its disk.
  await agent.link.close();
  const lonely = startTestAgent(first.server.agentUrl, 'h1', agentDirectory);
  agents.push(lonely);
  await eventually('web is applied from the disk', () => lonely.engine.applied.at(-1)?.join() === 'web@1');

  const second = await startProcess(new URL(first.server.agentUrl).port);
  expect(second.server.adminToken).toBe(first.server.adminToken);
  const again = client({ baseUrl: second.server.url, token: second.server.adminToken, fetch });
  expect(await again.listAudit()).toEqual(audit);
  await eventually('the agent is back', () => lonely.link.connected);
  await again.publishPersona({ body: { document: personaText('web', 11) } });
  await eventually('the new version is applied', () => lonely.engine.applied.at(-1)?.join() === 'web@2');
});

it('leaves each host one identity, whether it was killed while they enrolled or while they renewed', async () => {
  const folders = Array.from({ length: 16 }, (_, index) => join(directory.path, `crowd-${index}`));
  for (const folder of folders) mkdirSync(folder);
  const names = folders.map((folder) => basename(folder));
  const identities = folders.map((folder) => identityIn(folder, basename(folder)));
  let { child, server } = await startProcess('0');
  const api = () => client({ baseUrl: server.url, token: server.adminToken, fetch });
  const tokens = await Promise.all(
    names.map((name) => api().createJoinToken({ body: { host_id: parseHostId(name) } })),
  );
  const enrolling = (index: number) =>
    enrol({
      url: server.agentUrl,
      joinToken: tokens[index]!.join_token,
      identity: identities[index]!,
      trust: new TrustStore(join(folders[index]!, 'trust.json')),
      root: null,
    });
  /** Killed when the first has its answer, and then each that has none asks again. */
  const throughKill = async (ask: (index: number) => Promise<void>, isDone: (index: number) => boolean) => {
    const asking = names.map((_, index) => ask(index).catch(() => undefined));
    await Promise.race(asking);
    await kill(child);
    await Promise.all(asking);
    await eventually('PostgreSQL is gone', () => !existsSync(postmasterFile));
    ({ child, server } = await startProcess('0'));
    for (const [index] of names.entries()) if (!isDone(index)) await ask(index);
  };
  await throughKill(enrolling, (index) => identities[index]!.current !== null);
  await throughKill(
    (index) => renew(server.agentUrl, identities[index]!),
    (index) => identities[index]!.current!.generation > 1,
  );
  expect(identities.map(({ current }) => current?.generation)).toEqual(names.map(() => 2));
  const { items } = await api().listHosts({ query: { limit: 500 } });
  const crowd = items.filter(({ host_id }) => host_id.startsWith('crowd-'));
  expect(crowd.map(({ identity }) => identity)).toEqual(names.map(() => 'active'));
});

it('starts over a directory that it was killed on at once', async () => {
  for (let round = 0; round < 3; round += 1) {
    const { child, server } = await startProcess('0');
    expect((await fetch(`${server.url}/healthz`)).status).toBe(200);
    await kill(child);
  }
});
