/** Two control planes on one database: it does not matter which one an agent or a person talks to. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseHostId, parsePersonaId } from '@guise/model';
import type { RunningServer } from '@guise/server';
import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  clientOf,
  enrolTestHost,
  eventually,
  personaText,
  startTestAgent,
  startTestServer,
  type TestAgent,
  temporaryDirectory,
} from './control-plane.ts';

const directory = temporaryDirectory();
let here: RunningServer;
let there: RunningServer;
let agent: TestAgent;

beforeAll(async () => {
  here = await startTestServer({ stateDirectory: join(directory.path, 'here') });
  there = await startTestServer({
    stateDirectory: join(directory.path, 'there'),
    masterKeyFile: join(directory.path, 'here', 'master.key'),
    database: here.databaseUrl,
  });
  const agentDirectory = join(directory.path, 'agent');
  mkdirSync(agentDirectory);
  await enrolTestHost(here, 'h1', agentDirectory);
  agent = startTestAgent(there.agentUrl, 'h1', agentDirectory);
  await eventually('the agent is connected there', () => agent.link.connected);
});
afterAll(async () => {
  await agent.link.close();
  await there.close();
  await here.close();
  directory.remove();
});

const host = { host_id: parseHostId('h1') };

it('brings a change made here to an agent that is connected there', async () => {
  const api = clientOf(here);
  await api.publishPersona({ body: { document: personaText('web', 10) } });
  await api.putHostTags({ params: host, body: { tags: { role: 'web' } } });
  await api.assignToTag({ params: { tag: 'role=web', persona_id: parsePersonaId('web') }, body: {} });
  await eventually('web is applied', () => agent.engine.applied.length > 0);
  expect(agent.engine.applied).toEqual([['web@1']]);
});

it('asks an agent that is connected there from here', async () => {
  const plan = await clientOf(here).getHostPlan({ params: host });
  expect(plan.layers_after.map(({ instance }) => instance)).toEqual(['web']);
  const rolledBack = await clientOf(here).rollbackHost({ params: host, body: { to: 'baseline' } });
  expect(rolledBack.result).toBe('committed');
});

it('passes on why an agent there refuses', async () => {
  agent.engine.plan = async () => {
    throw new Error('a bug');
  };
  await expect(clientOf(here).getHostPlan({ params: host })).rejects.toMatchObject({
    code: 'command_failed',
    message: 'Cannot answer: something went wrong in the agent',
  });
});

it('accepts the admin token of each on both', async () => {
  const mixed = clientOf({ url: here.url, adminToken: there.adminToken });
  expect((await mixed.listHosts()).items).toHaveLength(1);
  expect(there.adminToken).not.toBe(here.adminToken);
});

it('tells events that happen here to those who listen there', async () => {
  const abort = new AbortController();
  const response = await fetch(`${there.url}/events`, {
    headers: { authorization: `Bearer ${there.adminToken}` },
    signal: abort.signal,
  });
  expect(response.headers.get('content-type')).toContain('text/event-stream');
  let heard = '';
  const reading = (async () => {
    for await (const chunk of response.body ?? []) heard += new TextDecoder().decode(chunk);
  })().catch(() => undefined);
  await clientOf(here).publishPersona({ body: { document: personaText('news', 1) } });
  await eventually('the event came', () =>
    heard.includes('event: persona.published\ndata: {"type":"persona.published","subject":"news"}'),
  );
  abort.abort();
  await reading;
});
