/** The driver of libvirt, on a real libvirtd whose hypervisor is the one in memory that libvirt has for tests. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { runCommand } from '@guise/lab';
import { libvirtProviders } from '@guise/server';
import { expect, it } from 'vitest';
import { describeProvider, type ProviderSubject } from '../providers/provider-contract.ts';

const noGuest = async (): Promise<never> => {
  throw new Error('nothing runs in this machine');
};

/** The hypervisor forgets everything when nobody is connected, so one connection stays. */
async function openHypervisor(): Promise<{ uri: string; close: () => Promise<void> }> {
  const directory = mkdtempSync(join(tmpdir(), 'guise-libvirt-'));
  const [settings, drivers] = [join(directory, 'libvirtd.conf'), join(directory, 'no-drivers')];
  mkdirSync(drivers);
  writeFileSync(settings, `unix_sock_dir = "${directory}"\nauth_unix_rw = "none"\nauth_unix_ro = "none"\n`);
  const daemon = spawn('libvirtd', ['--config', settings, '--pid-file', join(directory, 'pid')], {
    stdio: 'ignore',
    // Real hypervisors of this machine, of which there may be any, are none of this test's business.
    env: { ...process.env, LIBVIRT_DRIVER_DIR: drivers },
  });
  const ended = once(daemon, 'exit');
  const socket = join(directory, 'libvirt-sock');
  while (!existsSync(socket))
    await Promise.race([delay(20), ended.then(() => Promise.reject(new Error('libvirtd ended')))]);
  const uri = `test+unix:///default?socket=${socket}`;
  const connection = spawn('virsh', ['--connect', uri], { stdio: ['pipe', 'pipe', 'ignore'] });
  await once(connection.stdout, 'data');
  return {
    uri,
    close: async () => {
      const left = once(connection, 'exit');
      connection.stdin.end();
      await left;
      daemon.kill('SIGTERM');
      await ended;
      rmSync(directory, { recursive: true });
    },
  };
}

async function open(): Promise<ProviderSubject> {
  const { uri, close } = await openHypervisor();
  const subject = (): ProviderSubject => ({
    provider: libvirtProviders(uri).get('libvirt')!,
    host: { hostId: 'web-1', name: 'test' },
    machine: hostname(),
    changes: {},
    image: noGuest,
    setIdentity: noGuest,
    identity: noGuest,
    isUp: async () => (await runCommand(['virsh', '--connect', uri, 'domstate', 'test'])).stdout.trim() === 'running',
    reopen: async () => subject(),
    close,
  });
  return subject();
}

describeProvider({ name: 'libvirt', can: ['resize', 'power'], changes: [], open });

it('gives whole processors alone, and what is left out in full', async () => {
  const { provider, host, machine, close } = await open();
  const fenced = { ...host, fence: 1n };
  const allocation = async () => (await provider.usage(machine))!.hosts[0]!.allocation;
  await expect(provider.resize(fenced, { cpuCores: 0.5 })).rejects.toMatchObject({ code: 'argument_invalid' });
  await provider.resize(fenced, { cpuCores: 1, memoryMb: 512 });
  await provider.power(fenced, 'cycle');
  expect(await allocation()).toEqual({ cpuCores: 1, memoryMb: 512 });
  await provider.resize(fenced, {});
  expect(await allocation()).toEqual({ cpuCores: 2, memoryMb: 8192 });
  await provider.power(fenced, 'off');
  await provider.resize(fenced, { cpuCores: 1, memoryMb: 512 });
  await provider.power(fenced, 'on');
  expect(await allocation()).toEqual({ cpuCores: 1, memoryMb: 512 });
  await close();
});

it.each(['--help', '', 'a b', '1'])('takes %j for no machine', async (name) => {
  const { provider, host, close } = await open();
  await expect(provider.power({ ...host, name, fence: 1n }, 'off')).rejects.toMatchObject({ code: 'host_not_found' });
  await close();
});
