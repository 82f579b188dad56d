/** The agent's link against a real control plane: what is desired arrives, and what happened comes back. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Client } from '@guise/api';
import { GuiseError, parseHostId } from '@guise/model';
import type { RunningServer } from '@guise/server';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
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
let server: RunningServer;
let api: Client;
const agents: TestAgent[] = [];

beforeAll(async () => {
  server = await startTestServer({ stateDirectory: join(directory.path, 'server') });
  api = clientOf(server);
  for (const [id, swappiness] of [
    ['web', 10],
    ['db', 20],
    ['cache', 30],
  ] as const) {
    await api.publishPersona({ body: { document: personaText(id, swappiness) } });
  }
});
afterEach(async () => {
  await Promise.all(agents.splice(0).map((agent) => agent.link.close()));
});
afterAll(async () => {
  await server.close();
  directory.remove();
});

async function agentNamed(name: string): Promise<TestAgent> {
  const stateDirectory = join(directory.path, name);
  mkdirSync(stateDirectory, { recursive: true });
  await enrolTestHost(server, name, stateDirectory);
  return startNamed(name);
}

function startNamed(name: string): TestAgent {
  const agent = startTestAgent(server.agentUrl, name, join(directory.path, name));
  agents.push(agent);
  return agent;
}

const at = (name: string) => ({ host_id: parseHostId(name) });
const to = (name: string, persona: string) => ({ ...at(name), persona_id: persona });

describe('desired state', () => {
  it('reaches an agent when a persona is assigned, again when it changes, and when it is taken away', async () => {
    const { engine } = await agentNamed('one');
    await api.assignToHost({ params: to('one', 'web'), body: {} });
    await eventually('web is applied', () => engine.applied.at(-1)?.join() === 'web@1');
    await api.publishPersona({ body: { document: personaText('web', 11) } });
    await eventually('the new version is applied', () => engine.applied.at(-1)?.join() === 'web@2');
    await api.rollbackPersona({ params: { persona_id: 'web' as never }, body: { to: 1 } });
    await eventually('the old version is applied', () => engine.applied.at(-1)?.join() === 'web@1');
    await api.unassignFromHost({ params: to('one', 'web') });
    await eventually('nothing is applied', () => engine.applied.at(-1)?.length === 0);
    expect(engine.applied).toEqual([['web@1'], ['web@2'], ['web@1'], []]);
  });

  it('reaches an agent by its tags and by its groups, in one switch when a set replaces another', async () => {
    const { engine } = await agentNamed('two');
    await api.setTagPersonas({
      params: { tag: 'role=store' },
      body: { personas: [{ persona_id: 'db' }, { persona_id: 'cache' }] },
    });
    await api.putHostTags({ params: at('two'), body: { tags: { role: 'store' } } });
    await eventually('both are applied', () => engine.applied.at(-1)?.join() === 'cache@1,db@1');
    await api.setTagPersonas({ params: { tag: 'role=store' }, body: { personas: [{ persona_id: 'web' }] } });
    await eventually('web alone is applied', () => engine.applied.at(-1)?.join() === 'web@1');
    await api.putHostGroup({ params: { group: 'rack' }, body: { hosts: ['two'] } });
    await api.assignToGroup({ params: { group: 'rack', persona_id: 'db' }, body: {} });
    await eventually('db joins', () => engine.applied.at(-1)?.join() === 'db@1,web@1');
    expect(engine.applied.map((layers) => layers.join())).toEqual(['cache@1,db@1', 'web@1', 'db@1,web@1']);
  });

  it('coalesces: what came between while a switch ran is never applied', async () => {
    const { engine, conductor } = await agentNamed('three');
    const { promise, resolve } = Promise.withResolvers<void>();
    engine.hold = promise;
    await api.assignToHost({ params: to('three', 'web'), body: {} });
    await eventually('generation 1 is on the agent', () => conductor.desired?.generation === 1);
    const generations = ['db', 'cache'];
    for (const persona of generations)
      await api.setHostPersonas({ params: at('three'), body: { personas: [{ persona_id: persona }] } });
    const before = (await api.getHost({ params: at('three') })).desired.generation;
    await eventually('the newest is on the agent', () => conductor.desired?.generation === before);
    resolve();
    await eventually('the newest is applied', () => engine.applied.at(-1)?.join() === 'cache@1');
    await eventually(
      'it is reported',
      async () => (await api.getHost({ params: at('three') })).applied_generation === before,
    );
    expect(engine.applied.map((layers) => layers.join())).not.toContain('db@1');
  });

  it('is tried again after a passing failure, and not after a lasting one', async () => {
    const { engine, reports } = await agentNamed('four');
    engine.failNext = new GuiseError('database_unavailable', 'Away for a moment');
    await api.assignToHost({ params: to('four', 'web'), body: {} });
    await eventually('web is applied at last', () => engine.applied.at(-1)?.join() === 'web@1');
    expect(reports.join()).toContain('Away for a moment');
    engine.failNext = new GuiseError('document_invalid', 'Never');
    await api.setHostPersonas({ params: at('four'), body: { personas: [{ persona_id: 'db' }] } });
    await eventually('the failure is reported', () => reports.join().includes('Never'));
    await eventually('the control plane tells it', async () => {
      const { desired, outcome } = await api.getHost({ params: at('four') });
      return outcome?.generation === desired.generation && outcome.result === 'failed';
    });
    const { outcome } = await api.getHost({ params: at('four') });
    expect(outcome).toMatchObject({ transaction_id: null, error: { code: 'document_invalid', message: 'Never' } });
    await api.setHostPersonas({ params: at('four'), body: { personas: [{ persona_id: 'cache' }] } });
    await eventually('the next one is applied', () => engine.applied.at(-1)?.join() === 'cache@1');
    expect(engine.applied.map((layers) => layers.join())).toEqual(['web@1', 'cache@1']);
  });
});

describe('reports and questions', () => {
  it('shows state, history, plan, why and drift of a host', async () => {
    const { engine } = await agentNamed('five');
    await api.assignToHost({ params: to('five', 'web'), body: { priority: 70 } });
    await eventually('the state is reported', async () => {
      const { state } = await api.getHostState({ params: at('five') });
      return state?.active[0]?.instance === 'web';
    });
    const history = await api.getHostHistory({ params: at('five') });
    expect(history.items.map(({ id, status }) => ({ id, status }))).toEqual([{ id: 't00000001', status: 'committed' }]);
    const plan = await api.getHostPlan({ params: at('five') });
    expect(plan.layers_after).toEqual([{ instance: 'web', persona_id: 'web', version: 1, priority: 70 }]);
    const why = await api.getHostWhy({ params: at('five'), query: { address: 'sysctl:vm.swappiness' } });
    expect(why.managed).toBe(false);
    expect(await api.getHostDrift({ params: at('five') })).toEqual({ drift: [] });
    expect(engine.active()[0]?.assigned_by).toBe('host:five by admin');
  });

  it('has the transaction of every outcome that is told', async () => {
    await agentNamed('nine');
    for (const persona of ['web', 'db', 'cache']) {
      await api.setHostPersonas({ params: at('nine'), body: { personas: [{ persona_id: persona }] } });
      await eventually('its outcome is told', async () => {
        const { desired, outcome } = await api.getHost({ params: at('nine') });
        return outcome?.generation === desired.generation;
      });
      const { outcome } = await api.getHost({ params: at('nine') });
      const { items } = await api.getHostHistory({ params: at('nine') });
      expect(items[0]?.id).toBe(outcome?.transaction_id);
    }
  });

  it('keeps a rollback by hand until what is assigned changes, also across a restart of the agent', async () => {
    const { engine, link } = await agentNamed('six');
    await api.assignToHost({ params: to('six', 'web'), body: {} });
    await eventually('web is applied', () => engine.applied.at(-1)?.join() === 'web@1');
    const answer = await api.rollbackHost({ params: at('six'), body: { to: 'baseline' } });
    expect(answer.result).toBe('committed');
    expect(engine.active()).toEqual([]);
    expect((await api.getHost({ params: at('six') })).desired.suspended).toBe(true);
    await link.close();
    const second = startNamed('six');
    await eventually('it is connected again', async () => second.link.connected);
    await eventually(
      'its state is reported',
      async () => (await api.getHostState({ params: at('six') })).state?.active.length === 0,
    );
    expect(second.engine.applied).toEqual([]);
    await api.assignToHost({ params: to('six', 'db'), body: {} });
    await eventually('both are applied', () => second.engine.applied.at(-1)?.join() === 'db@1,web@1');
    expect((await api.getHost({ params: at('six') })).desired.suspended).toBe(false);
  });

  it('goes back by hand to an older version, with a permission that the control plane signs for this host', async () => {
    const { engine, conductor } = await agentNamed('ten');
    await api.publishPersona({ body: { document: personaText('app', 1) } });
    await api.assignToHost({ params: to('ten', 'app'), body: {} });
    await eventually('version 1 is applied', () => engine.applied.at(-1)?.join() === 'app@1');
    for (const version of [2, 3]) {
      await api.publishPersona({ body: { document: personaText('app', version) } });
      await eventually('the next version is applied', () => engine.applied.at(-1)?.join() === `app@${version}`);
      await eventually('the control plane has heard of it', async () => {
        const { items } = await api.getHostHistory({ params: at('ten') });
        return items[0]?.layers_after[0]?.version === version;
      });
      const answer = await api.rollbackHost({ params: at('ten'), body: { to: 'previous' } });
      expect(answer.result).toBe('committed');
      expect(engine.active().map((layer) => layer.version)).toEqual([version - 1]);
      await api.assignToHost({ params: to('ten', 'app'), body: { priority: version } });
      await eventually('it is forward again', () => engine.applied.at(-1)?.join() === `app@${version}`);
    }
    expect(conductor.alerts.lasting()).toEqual([]);
  });

  it('confirms a switch that could cut the host off, over a new connection', async () => {
    const { engine, link } = await agentNamed('seven');
    await eventually('it is connected', () => link.connected);
    engine.cutsOff = true;
    await api.assignToHost({ params: to('seven', 'web'), body: {} });
    await eventually('web is applied', () => engine.applied.at(-1)?.join() === 'web@1');
    expect(engine.confirmed).toBe(true);
    expect(link.connected).toBe(true);
  });

  it('says when a host cannot be asked', async () => {
    const { link } = await agentNamed('eight');
    await eventually('it is connected', async () => (await api.getHost({ params: at('eight') })).connected);
    await link.close();
    await eventually('it is gone', async () => !(await api.getHost({ params: at('eight') })).connected);
    await expect(api.getHostPlan({ params: at('eight') })).rejects.toMatchObject({
      code: 'host_unavailable',
      message: expect.stringContaining('last seen at'),
    });
  });
});
