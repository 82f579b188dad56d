/**
 * Hosts that share a machine get its processors by the priority of their personas: measured where the kernel counts what each used,
 * while it runs, with no process started anew. A host that misses its goals then has an alert that says what it would need.
 */
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Client } from '@guise/api';
import { shareOut } from '@guise/decide/fairness';
import { parseHostId } from '@guise/model';
import { type RunningServer, startServer } from '@guise/server';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { clientOf, eventually, temporaryDirectory } from '../sim/control-plane.ts';
import { joinHosts } from './join-hosts.ts';
import { startProvider } from './provided-lab.ts';
import { LimitedMachineProvider, limitMachine } from './shared-machine.ts';
import { canBoot, testLab } from './test-lab.ts';

const names = ['c1', 'c2'] as const;
type Name = (typeof names)[number];

/** Little, so that whatever else runs on this machine leaves as much. */
const machineCores = 0.5;
const windowMs = 2_000;
const patienceMs = 120_000;
const persona = `guise: persona/v1
persona_id: load
monitoring: {metrics: [{name: lag_ms, every: 1s, from: {file: /run/lag, pattern: "\\\\d+"}}]}
performance_metrics: {lag_ms: {at_most: 50}}
`;
const at = (name: Name) => ({ host_id: parseHostId(name) });

describe('two hosts that share a machine', () => {
  const { lab, output } = testLab('test-contention', []);
  const directory = temporaryDirectory();
  let server: RunningServer;
  let api: Client;
  let endProvider = async (): Promise<unknown> => undefined;

  beforeAll(async () => {
    if (!canBoot) return;
    const socketPath = join(directory.path, 'provider', 'socket');
    endProvider = await startProvider('test-contention', socketPath);
    server = await startServer({
      stateDirectory: directory.path,
      port: 0,
      agentHost: lab.outerAddress(),
      agentPort: 0,
      providers: new Map([['lab', new LimitedMachineProvider(socketPath, machineCores)]]),
      report: () => undefined,
    });
    api = clientOf(server);
    await joinHosts(lab, server, names);
    await api.publishPersona({ body: { document: persona } });
    for (const name of names) await lag(name, 10);
    limitMachine('test-contention', machineCores);
    for (const name of names) {
      const body = { provider: 'lab', provider_host: name, machine: hostname() };
      await api.putHostProvider({ params: at(name), body });
    }
  }, 900_000);
  afterAll(async () => {
    if (canBoot) await server.close();
    await endProvider();
    directory.remove();
  });

  /** Two loops, each of which would use a whole processor, for at most ten minutes. */
  const startLoad = (name: Name) =>
    output(name, [
      'systemd-run',
      '--quiet',
      '--unit=load',
      '--property=RuntimeMaxSec=600',
      'bash',
      '-c',
      'while :; do :; done & while :; do :; done',
    ]);
  const stopLoad = (name: Name) => output(name, ['systemctl', 'stop', 'load.service']);
  const processesOf = (name: Name) =>
    output(name, ['systemctl', 'show', '--property=MainPID,ExecMainStartTimestampMonotonic', 'load.service']);

  /** Cores that each used in a window of time. */
  async function measure(): Promise<Readonly<Record<Name, number>>> {
    const before = names.map((name) => lab.usage(name).cpuSeconds);
    const begun = performance.now();
    await delay(windowMs);
    const seconds = (performance.now() - begun) / 1000;
    const used = names.map((name, index) => (lab.usage(name).cpuSeconds - before[index]!) / seconds);
    return { c1: used[0]!, c2: used[1]! };
  }

  /** In cores, of hosts that want all that there is. */
  function fair(weights: Readonly<Record<Name, number>>): ReadonlyMap<string, number> {
    const claimants = names.map((name) => ({ name, weight: weights[name], minimum: 0, demand: machineCores }));
    return shareOut(machineCores, claimants).shares;
  }

  async function isShared(weights: Readonly<Record<Name, number>>): Promise<void> {
    const ideal = fair(weights);
    await eventually(
      `c1 and c2 share as ${weights.c1} to ${weights.c2}`,
      async () => {
        const used = await measure();
        return names.every((name) => Math.abs(used[name] - ideal.get(name)!) <= 0.05 * ideal.get(name)!);
      },
      patienceMs,
    );
  }

  const lag = (name: Name, ms: number) => output(name, ['sh', '-c', `echo ${ms} > /run/lag`]);
  const alerts = async () =>
    (await api.listAlerts({ query: { active: 'true' } })).items.map(
      ({ host_id, type, message }) => `${host_id} ${type}: ${message}`,
    );

  const assign = (name: Name, priority: number) =>
    api.assignToHost({ params: { ...at(name), persona_id: 'load' }, body: { priority } });

  it('use it by priority, follow a change, say what they lack, and have again what was theirs', async () => {
    await assign('c1', 75);
    await assign('c2', 25);
    for (const name of names) await startLoad(name);
    const processes = await Promise.all(names.map(processesOf));
    await isShared({ c1: 75, c2: 25 });
    await assign('c1', 25);
    await assign('c2', 75);
    await isShared({ c1: 25, c2: 75 });
    expect(await Promise.all(names.map(processesOf))).toEqual(processes);
    await lag('c1', 80);
    await eventually('c1 says what it would need', async () => (await alerts()).length === 2, patienceMs);
    expect((await alerts()).sort()).toEqual([
      expect.stringMatching(
        /^c1 contention: c1 needs about [\d.]+ cores, has 0\.1; the machine has 0\.5 and c2 \(priority 75\) holds 0\.4: lag_ms misses/,
      ),
      'c1 goal: lag_ms misses its goal for 30 s: it is 80, and is to be at most 50',
    ]);
    await lag('c1', 10);
    await eventually('its goals are met', async () => (await alerts()).length === 0, patienceMs);
    for (const name of names) await stopLoad(name);
    await eventually(
      'no host has a limit',
      async () => names.every((name) => lab.host(name).cpuCores === undefined),
      patienceMs,
    );
    await eventually('it is audited for both', async () => {
      const { items } = await api.listAudit({ query: { action: 'host:resize' } });
      return names.every((name) => items.filter(({ resource }) => resource === `host/${name}`).length === 2);
    });
  });
});
