/** What the holder of a lease does to a host by way of its agent, over a real wire and from any replica, with what authors signed. */
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Client } from '@guise/api';
import { parseHostId, parsePersonaId } from '@guise/model';
import type { RunningServer } from '@guise/server';
import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  clientOf,
  enrolTestHost,
  eventually,
  personaText,
  sharedWith,
  startTestAgent,
  startTestServer,
  type TestAgent,
  temporaryDirectory,
} from './control-plane.ts';

const directory = temporaryDirectory();
const at = { host_id: parseHostId('h1') };
let database: pg.Client;
let server: RunningServer;
let replica: RunningServer;
let api: Client;
let agent: TestAgent;

beforeAll(async () => {
  server = await startTestServer({ stateDirectory: join(directory.path, 'server') });
  replica = await startTestServer({ stateDirectory: join(directory.path, 'replica'), ...sharedWith(server) });
  api = clientOf(server);
  database = new pg.Client({ connectionString: server.databaseUrl });
  await database.connect();
  const stateDirectory = join(directory.path, 'h1');
  mkdirSync(stateDirectory);
  await enrolTestHost(server, 'h1', stateDirectory);
  agent = startTestAgent(server.agentUrl, 'h1', stateDirectory);
  for (const version of [1, 2]) await api.publishPersona({ body: { document: personaText('web', version) } });
});
afterAll(async () => {
  await agent.link.close();
  await database.end();
  await replica.close();
  await server.close();
  directory.remove();
});

const providerOf = (from: RunningServer) => from.providers.get('agent')!;

const leased = (fence: bigint) => ({ hostId: 'h1', name: 'h1', fence });

/** The host, from now on. */
async function lease(fence: bigint) {
  await database.query('update fleet set fence = $1', [String(fence)]);
  return leased(fence);
}

async function become(version: number): Promise<void> {
  await api.setHostPersonas({ params: at, body: { personas: [{ persona_id: parsePersonaId('web'), version }] } });
  await eventually(`it is web@${version}`, async () => {
    const { desired, outcome } = await api.getHost({ params: at });
    return outcome?.generation === desired.generation && outcome.error === null;
  });
  expect(versions()).toEqual([version]);
}

const versions = () => agent.engine.active().map(({ version }) => version);
const trusted = () =>
  JSON.parse(readFileSync(join(agent.stateDirectory, 'trust.json'), 'utf8')) as {
    readonly marks: { readonly [id: string]: { readonly version: number } };
    readonly used_rollbacks: readonly string[];
  };

it('goes back from a newer version to the one before the lease without a permission, and stays there', async () => {
  await become(1);
  const before = await providerOf(server).snapshot(await lease(1n), 'co-1');
  await become(2);
  const after = await providerOf(server).revert(leased(1n), 'co-1');
  expect(after).toEqual({ ...before, differing: [] });
  expect(versions()).toEqual([1]);
  await become(1);
  // No way back was used up, and the host has forgotten nothing of what it has had.
  expect(trusted()).toMatchObject({ marks: { web: { version: 2 } }, used_rollbacks: [] });
});

it('does not go back to an older version for a lease that is not that of the snapshot', async () => {
  await become(2);
  await expect(providerOf(server).revert(await lease(2n), 'co-1')).rejects.toMatchObject({ code: 'rollback_refused' });
  expect(versions()).toEqual([2]);
});

it('is asked from any replica, and refuses whoever had it before', async () => {
  const elsewhere = providerOf(replica);
  expect(await elsewhere.capabilities(leased(3n))).toEqual({ can: ['snapshot', 'revert'], images: [] });
  await elsewhere.snapshot(await lease(3n), 'co-3');
  await expect(providerOf(server).discard(leased(2n), 'co-3')).rejects.toMatchObject({ code: 'lease_lost' });
  expect((await elsewhere.revert(leased(3n), 'co-3')).differing).toEqual([]);
  await elsewhere.discard(leased(3n), 'co-3');
  await expect(elsewhere.revert(leased(3n), 'co-3')).rejects.toMatchObject({ code: 'snapshot_not_found' });
});

it('says so when its agent is away', async () => {
  await agent.link.close();
  await eventually('it is gone', async () => !(await api.getHost({ params: at })).connected);
  await expect(providerOf(server).revert(leased(3n), 'co-1')).rejects.toMatchObject({ code: 'host_unavailable' });
});
