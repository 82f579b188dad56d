/**
 * The control plane and real hosts: what is assigned reaches the right ones and no others, what came of it is told, and a host keeps its
 * personas when the control plane is gone, its agent restarts and the machine loses power.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { enrol, IdentityStore, TrustStore } from '@guise/agent/link';
import type { Client } from '@guise/api';
import { parseHostId, parsePersonaId } from '@guise/model';
import { type RunningServer, startServer } from '@guise/server';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { clientOf, eventually, temporaryDirectory } from '../sim/control-plane.ts';
import { canBoot, testLab } from './test-lab.ts';

const names = ['h1', 'h2', 'h3'] as const;
type Name = (typeof names)[number];

const at = (name: Name) => ({ host_id: parseHostId(name) });
const persona = (id: string) => parsePersonaId(id);
const markOf = (id: string) => `/etc/guise-marks/${id}`;
/** A persona that leaves its name on the host. */
const marking = (id: string, more = '') =>
  `guise: persona/v1\npersona_id: ${id}\nfiles: {${markOf(id)}: {content: "${id}\\n"}}\n${more}`;

const documents = [
  marking('by-host'),
  marking('by-tag'),
  marking('by-group'),
  marking('broken', 'tests: [{name: it works, command: ["false"]}]\n'),
  'guise: persona/v1\npersona_id: unknown-package\nsoftware_stack: [guise-has-no-such-package]\n',
  marking(
    'kernel-state',
    'operating_system: {sysctl: {net.core.somaxconn: 5151}}\nnetwork_configuration: {firewall: {policy: drop, allow: [{port: 8642}]}}\n',
  ),
];

describe('a control plane with three hosts', () => {
  const { lab, output, run, guise } = testLab('test-control-plane', []);
  const directory = temporaryDirectory();
  const joinTokens = new Map<Name, string>();
  let server: RunningServer;
  let api: Client;
  let agentPort = 0;

  const start = async () => {
    const network = { agentHost: lab.outerAddress(), agentPort };
    server = await startServer({ stateDirectory: directory.path, port: 0, ...network, report: () => undefined });
    agentPort = Number(new URL(server.agentUrl).port);
    api = clientOf(server);
  };

  beforeAll(async () => {
    if (!canBoot) return;
    await start();
    for (const name of names) {
      joinTokens.set(name, (await api.createJoinToken({ body: at(name) })).join_token);
    }
    const specs = names.map((name) => ({
      name,
      agentConfig: { name, server: server.agentUrl, token: joinTokens.get(name) ?? '' },
    }));
    await lab.up(specs);
    await eventually(
      'every host is connected',
      async () => (await api.listHosts({ query: { connected: 'true' } })).items.length === names.length,
    );
    for (const document of documents) await api.publishPersona({ body: { document } });
  }, 900_000);
  afterAll(async () => {
    if (canBoot) await server.close();
    directory.remove();
  });

  /** What the desired state that each host has now came to. */
  const outcomesOf = (...hosts: readonly Name[]) =>
    Promise.all(
      hosts.map(async (name) => {
        const told = async () => {
          const { desired, outcome } = await api.getHost({ params: at(name) });
          return desired.generation === 0 || outcome?.generation === desired.generation ? { outcome } : null;
        };
        await eventually(`${name} has told of what is desired`, async () => (await told()) !== null);
        return (await told())?.outcome ?? null;
      }),
    );
  const marksOn = async (name: Name) => {
    const { stdout } = await run(name, ['ls', '/etc/guise-marks']);
    return stdout.split('\n').filter((line) => line !== '');
  };
  const become = async (name: Name, ...ids: readonly string[]) => {
    await api.setHostPersonas({ params: at(name), body: { personas: ids.map((id) => ({ persona_id: persona(id) })) } });
    return (await outcomesOf(name))[0];
  };
  const somaxconn = (name: Name) => output(name, ['sysctl', '--values', 'net.core.somaxconn']);

  it('gives a persona to one host, to the hosts with a tag and to the hosts of a group, and to no others', async () => {
    await api.putHostTags({ params: at('h1'), body: { tags: { role: 'web' } } });
    await api.putHostTags({ params: at('h2'), body: { tags: { role: 'web' } } });
    await api.putHostGroup({ params: { group: 'edge' }, body: { hosts: [parseHostId('h2'), parseHostId('h3')] } });
    await api.assignToHost({ params: { ...at('h1'), persona_id: persona('by-host') }, body: {} });
    await api.assignToTag({ params: { tag: 'role=web', persona_id: persona('by-tag') }, body: {} });
    await api.assignToGroup({ params: { group: 'edge', persona_id: persona('by-group') }, body: {} });
    expect((await outcomesOf(...names)).map((outcome) => outcome?.result)).not.toContain('failed');
    expect(await marksOn('h1')).toEqual(['by-host', 'by-tag']);
    expect(await marksOn('h2')).toEqual(['by-group', 'by-tag']);
    expect(await marksOn('h3')).toEqual(['by-group']);
    await api.putHostTags({ params: at('h2'), body: { tags: {} } });
    await outcomesOf('h2');
    expect(await marksOn('h2')).toEqual(['by-group']);
  });

  it('tells the state, the plan, the reasons and the history of a host', async () => {
    expect(await become('h3', 'kernel-state')).toMatchObject({ result: 'committed', error: null });
    const { items } = await api.getHostHistory({ params: at('h3') });
    expect(items[0]).toMatchObject({ status: 'committed', error: null });
    expect(items[0]?.layers_after.map(({ instance }) => instance)).toEqual(['by-group', 'kernel-state']);
    await eventually('its state is told', async () => {
      const { state } = await api.getHostState({ params: at('h3') });
      return state?.last_transaction?.id === items[0]?.id;
    });
    const { state } = await api.getHostState({ params: at('h3') });
    expect(state?.addresses).toContainEqual(
      expect.objectContaining({ address: 'sysctl:net.core.somaxconn', winners: ['kernel-state'] }),
    );
    const why = await api.getHostWhy({ params: at('h3'), query: { address: 'sysctl:net.core.somaxconn' } });
    expect(why.fields[0]).toMatchObject({ value: '5151', winner: 'kernel-state' });
    expect(why.fields[0]?.because[0]).toMatchObject({ assigned_by: 'host:h3 by admin', version: 1 });
    expect((await api.getHostPlan({ params: at('h3') })).stages).toEqual([]);
    expect(await api.getHostDrift({ params: at('h3') })).toEqual({ drift: [] });
    await output('h3', ['sysctl', '--quiet', '--write', 'net.core.somaxconn=5252']);
    expect((await api.getHostDrift({ params: at('h3') })).drift.map(({ address }) => address)).toEqual([
      'sysctl:net.core.somaxconn',
    ]);
  });

  it('rolls a host back whose test fails, and tells why', async () => {
    const before = await marksOn('h1');
    const outcome = await become('h1', 'by-host', 'broken');
    expect(outcome?.result).toBe('rolled_back');
    expect(await marksOn('h1')).toEqual(before);
    const { items } = await api.getHostHistory({ params: at('h1'), query: { limit: 1 } });
    expect(items[0]).toMatchObject({
      id: outcome?.transaction_id,
      status: 'rolled_back',
      error: { code: 'health_failed' },
    });
    const { desired, applied_generation } = await api.getHost({ params: at('h1') });
    expect(applied_generation).toBeLessThan(desired.generation);
  });

  it('tells what kept a host from even beginning', async () => {
    const before = await marksOn('h1');
    const outcome = await become('h1', 'by-host', 'unknown-package');
    expect(outcome).toMatchObject({ result: 'failed', transaction_id: null });
    expect(outcome?.error?.message).toContain('guise-has-no-such-package');
    expect(await marksOn('h1')).toEqual(before);
    expect(await become('h1', 'by-host')).toMatchObject({ error: null });
  });

  it('lets nobody in without a token, and no second host with a join token that was used', async () => {
    for (const [method, path] of [
      ['GET', '/hosts'],
      ['GET', '/hosts/h1/state'],
      ['PUT', '/hosts/h1/personas/by-host'],
      ['POST', '/join-tokens'],
    ] as const) {
      expect([path, (await fetch(`${server.url}${path}`, { method })).status]).toEqual([path, 401]);
    }
    const identity = new IdentityStore(join(directory.path, 'intruder.json'), parseHostId('h4'));
    const trust = new TrustStore(join(directory.path, 'intruder-trust.json'));
    const joinToken = joinTokens.get('h1') ?? '';
    const enrolling = enrol({ url: server.agentUrl, joinToken, identity, trust, root: null });
    await expect(enrolling).rejects.toMatchObject({ code: 'token_invalid' });
  });

  it('puts a host out that is revoked, which keeps what it is and comes back with a new token', async () => {
    const before = await marksOn('h2');
    await api.revokeHost({ params: at('h2'), body: { reason: 'its disk was copied' } });
    await eventually('it is out', async () => !(await api.getHost({ params: at('h2') })).connected);
    await output('h2', ['systemctl', 'restart', 'guise-agent.service']);
    await eventually('it says why', async () =>
      (await output('h2', ['journalctl', '--no-pager', '--unit=guise-agent.service'])).includes('its disk was copied'),
    );
    expect(await marksOn('h2')).toEqual(before);
    expect((await guise('h2', 'drift')).status).toBe(0);
    expect(await output('h2', ['stat', '--format=%a', '/var/lib/guise/identity.json'])).toBe('600');
    const { join_token } = await api.createJoinToken({ body: at('h2') });
    const config = { name: 'h2', server: server.agentUrl, token: join_token };
    writeFileSync(join(lab.host('h2').root, 'etc/guise/agent.json'), JSON.stringify(config), { mode: 0o600 });
    await output('h2', ['systemctl', 'restart', 'guise-agent.service']);
    await eventually('it is back', async () => (await api.getHost({ params: at('h2') })).connected);
    expect(await become('h2', 'by-host')).toMatchObject({ result: 'committed' });
  });

  it('may go away: a host keeps its personas over a restart of its agent and over a power cut', async () => {
    expect(await become('h3', 'kernel-state')).toMatchObject({ error: null });
    const before = await marksOn('h3');
    await server.close();
    await output('h3', ['systemctl', 'restart', 'guise-agent.service']);
    expect(await marksOn('h3')).toEqual(before);
    await lab.break('h3', 'kill');
    await lab.mend('h3');
    await eventually('the kernel is again what it should be', async () => (await somaxconn('h3')) === '5151');
    await eventually('nothing of it is amiss', async () => (await guise('h3', 'drift')).status === 0);
    expect(await output('h3', ['nft', 'list', 'ruleset'])).toContain('8642');
    expect(await marksOn('h3')).toEqual(before);
  });

  it('comes back, and a change reaches the host', async () => {
    await start();
    await eventually('h3 is connected again', async () => (await api.getHost({ params: at('h3') })).connected);
    expect(await become('h3', 'by-host')).toMatchObject({ result: 'committed' });
    expect(await marksOn('h3')).toEqual(['by-group', 'by-host']);
    expect(await somaxconn('h3')).not.toBe('5151');
    expect((await run('h3', ['nft', 'list', 'ruleset'])).stdout).not.toContain('8642');
  });
});
