/** A real lab as a provider of hosts: through its daemon, by the contract that every provider keeps. */
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { openLab, provideLab, runCommand } from '@guise/lab';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { describeProvider } from '../providers/provider-contract.ts';
import { bootTimeoutMs, optionsFor } from './lab-turn.ts';
import { hostChanges, type ProvidedHostLab, provideTestLab } from './provided-lab.ts';
import { canBoot, skipWithoutLab } from './test-lab.ts';

describe('a lab', () => {
  skipWithoutLab();
  describeProvider({
    name: 'behind its daemon',
    can: ['snapshot', 'revert', 'resize', 'power', 'image'],
    changes: Object.keys(hostChanges),
    open: () => provideTestLab('test-provider'),
  });
});

describe('guise lab provide', () => {
  skipWithoutLab();
  let lab: ProvidedHostLab;
  beforeAll(async () => {
    if (canBoot) lab = await provideTestLab('test-provide');
  }, bootTimeoutMs);
  afterAll(async () => {
    if (canBoot) await lab.close();
  });

  const post = (body: string, path = '/provider/v1', method = 'POST'): Promise<[number, string]> => {
    const { promise, resolve, reject } = Promise.withResolvers<[number, string]>();
    const call = request({ socketPath: lab.socketPath, path, method }, (response) => {
      let text = '';
      response.on('data', (chunk) => {
        text += chunk;
      });
      response.on('end', () => resolve([response.statusCode!, text]));
    });
    call.on('error', reject);
    call.end(body);
    return promise;
  };

  it("is open to root and the control plane's account, and to nobody else", async () => {
    const socket = statSync(lab.socketPath);
    const directory = statSync(dirname(lab.socketPath));
    expect([socket.uid, socket.mode & 0o777, directory.uid, directory.mode & 0o777]).toEqual([0, 0o660, 0, 0o750]);
    const gid = Number((await runCommand(['id', '-g', 'guise-server'])).stdout);
    expect([socket.gid, directory.gid]).toEqual([gid, gid]);
    const connect = (group: number) =>
      runCommand([
        'setpriv',
        '--reuid=65534',
        `--regid=${group}`,
        '--clear-groups',
        process.execPath,
        '--eval',
        `require('node:net').connect(${JSON.stringify(lab.socketPath)}, () => process.exit(0)).on('error', () => process.exit(7))`,
      ]);
    // The account that keeps the test's own directory closed would hide what is asked here.
    await runCommand(['chmod', '0755', dirname(dirname(lab.socketPath))]);
    expect((await connect(gid)).status).toBe(0);
    expect((await connect(65534)).status).toBe(7);
  });

  it.each([
    ['no JSON', 'not JSON', 'argument_invalid'],
    [
      'an operation that it has not',
      '{"operation": "destroy", "host_id": "h", "name": "h1", "fence": "1"}',
      'argument_invalid',
    ],
    ['no fence', '{"operation": "power", "host_id": "h", "name": "h1", "to": "off"}', 'argument_invalid'],
    [
      'a fence that is none',
      '{"operation": "power", "host_id": "h", "name": "h1", "fence": "-1", "to": "off"}',
      'argument_invalid',
    ],
    [
      'what was not asked for',
      '{"operation": "power", "host_id": "h", "name": "h1", "fence": "1", "to": "off", "root": "/"}',
      'argument_invalid',
    ],
    [
      'a host with a path in it',
      '{"operation": "power", "host_id": "h", "name": "../h1", "fence": "1", "to": "off"}',
      'host_not_found',
    ],
    [
      'a label with a path in it',
      '{"operation": "discard", "host_id": "h", "name": "h1", "fence": "1", "label": "../../x"}',
      'argument_invalid',
    ],
    [
      'an image of elsewhere',
      '{"operation": "deploy", "host_id": "h", "name": "h1", "fence": "1", "image": "/etc"}',
      'capability_missing',
    ],
    ['too much', JSON.stringify({ operation: 'x'.repeat(100_000) }), 'limit_exceeded'],
  ])('refuses %s, and leaves the host as it is', async (_, body, code) => {
    const [status, text] = await post(body);
    expect(status).toBeGreaterThanOrEqual(400);
    expect(JSON.parse(text).error.code).toBe(code);
    expect(await lab.isUp()).toBe(true);
  });

  it('has one path and one method', async () => {
    expect((await post('{}', '/other'))[0]).toBe(404);
    expect((await post('', '/provider/v1', 'GET'))[0]).toBe(404);
  });

  it('takes no second provider at its socket, and no directory that is open', async () => {
    const options = { ...optionsFor('test-provide'), groupId: 0 };
    await expect(provideLab({ ...options, socketPath: lab.socketPath })).rejects.toMatchObject({ code: 'host_busy' });
    const open = mkdtempSync(join(tmpdir(), 'guise-open-'));
    await runCommand(['chmod', '0777', open]);
    writeFileSync(join(open, 'other'), '');
    const socketPath = join(open, 'socket');
    await expect(provideLab({ ...options, socketPath })).rejects.toMatchObject({ code: 'path_unsafe' });
    rmSync(open, { recursive: true });
  });

  it('keeps a host within its share of the processor, live', async () => {
    const used = async () => (await lab.provider.usage(lab.machine))!.hosts.find(({ name }) => name === 'h1')!;
    const busy = lab.lab.run('h1', ['timeout', '8', 'sh', '-c', 'while :; do :; done']);
    /** Cores' worth of time that the host got in two seconds, and whether its limit held it back. */
    const share = async () => {
      const [before, started] = [await used(), performance.now()];
      await delay(2_000);
      const [after, ended] = [await used(), performance.now()];
      return {
        cores: (after.cpuSeconds - before.cpuSeconds) / ((ended - started) / 1000),
        throttled: after.throttledSeconds > before.throttledSeconds,
      };
    };
    await lab.provider.resize({ ...lab.host, fence: 1n }, { cpuCores: 0.2 });
    const limited = await share();
    await lab.provider.resize({ ...lab.host, fence: 1n }, {});
    const free = await share();
    expect(limited.cores).toBeLessThan(0.3);
    expect(limited.throttled).toBe(true);
    expect(free.cores).toBeGreaterThan(limited.cores);
    expect(free.throttled).toBe(false);
    await busy;
  });

  it('tells what its machine has, and how hard it is', async () => {
    const machine = (await lab.provider.usage(lab.machine))!;
    expect(machine.cpuCores).toBeGreaterThan(0);
    expect(machine.memoryMb).toBeGreaterThan(0);
    expect(machine.cpuPressure !== null).toBe(existsSync('/proc/pressure/cpu'));
    expect(machine.hosts.map(({ name }) => name)).toEqual(['h1']);
    expect(machine.hosts[0]!.memoryMb).toBeGreaterThan(0);
  });

  it('ends in good order: what it has begun it ends, and its socket is gone', async () => {
    const own = mkdtempSync(join(tmpdir(), 'guise-provider-end-'));
    const socketPath = join(own, 'own', 'socket');
    const running = await provideLab({ ...optionsFor('test-provide'), groupId: 0, socketPath });
    const body = JSON.stringify({ operation: 'power', host_id: 'h', name: 'h1', fence: '2', to: 'cycle' });
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    const call = request({ socketPath, path: '/provider/v1', method: 'POST' }, (response) =>
      resolve(response.resume().statusCode!),
    );
    call.on('error', reject);
    call.end(body);
    await untilDown();
    await running.close();
    expect(await promise).toBe(200);
    expect(existsSync(socketPath)).toBe(false);
    expect(openLab(optionsFor('test-provide')).host('h1').status).toBe('running');
    rmSync(own, { recursive: true });

    async function untilDown(): Promise<void> {
      const before = lab.lab.host('h1').leaderPid;
      while (lab.lab.host('h1').leaderPid === before) await delay(5);
    }
  });
});
