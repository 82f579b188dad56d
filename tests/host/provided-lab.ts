/** A lab with one host, provided as `guise lab provide` does it, in a process of its own that can be killed. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type Lab, openLab } from '@guise/lab';
import { labProviders } from '@guise/server';
import type { ProviderSubject } from '../providers/provider-contract.ts';
import { optionsFor, repository } from './lab-turn.ts';

export const hostChanges = {
  'a changed file': ['sh', '-c', 'echo changed > /etc/motd'],
  'another mode': ['chmod', '0600', '/etc/hosts'],
  'another owner': ['chown', 'daemon', '/etc/hosts'],
  'a new package': ['apt-get', 'install', '--yes', '--quiet=2', 'tree'],
  'a package that is gone': ['apt-get', 'purge', '--yes', '--quiet=2', 'curl'],
  'an account': ['useradd', '--create-home', 'eve'],
  'a unit': ['systemctl', 'enable', '--quiet', 'systemd-time-wait-sync.service'],
  'the loss of its data': ['sh', '-c', 'rm -rf /etc/apt /usr/share/doc /var/lib/dpkg/info /home /opt/guise-data'],
} as const satisfies Readonly<Record<string, readonly string[]>>;

export type EndProvider = (signal?: 'SIGTERM' | 'SIGKILL') => Promise<number | null>;

export interface ProvidedHostLab extends ProviderSubject {
  readonly lab: Lab;
  readonly socketPath: string;
  /** Ends the provider in good order, or at once, and gives its exit code. */
  readonly end: EndProvider;
}

const node = process.execPath;
const identityFile = '/var/lib/guise/identity.json';

export async function provideTestLab(name: string): Promise<ProvidedHostLab> {
  const lab = openLab(optionsFor(name));
  await lab.down();
  await lab.up([{ name: 'h1', agentConfig: {} }]);
  await run(lab, ['sh', '-c', 'mkdir -p /opt/guise-data; echo rows > /opt/guise-data/table']);
  return await subject(lab, name, mkdtempSync(join(tmpdir(), 'guise-provider-')));
}

async function subject(lab: Lab, name: string, directory: string): Promise<ProvidedHostLab> {
  const socketPath = join(directory, 'own', 'socket');
  const end = await startProvider(name, socketPath);
  const change = (argv: readonly string[]) => async () => {
    await run(lab, argv);
  };
  return {
    lab,
    socketPath,
    end,
    provider: labProviders(socketPath).get('lab')!,
    host: { hostId: 'web-1', name: 'h1' },
    machine: hostname(),
    changes: Object.fromEntries(Object.entries(hostChanges).map(([what, argv]) => [what, change(argv)])),
    image: async () => {
      const [id = '', version = ''] = (
        await run(lab, ['sh', '-c', '. /etc/os-release; echo "$ID"; echo "$VERSION_ID"'])
      ).split('\n');
      return `${id}-${version}`;
    },
    isUp: async () => lab.host('h1').status === 'running',
    setIdentity: async (identity) => {
      await lab.run('h1', ['tee', identityFile], { input: JSON.stringify({ identity }) });
    },
    identity: async () => JSON.parse(await run(lab, ['cat', identityFile])).identity,
    reopen: async () => {
      await end('SIGKILL');
      return await subject(lab, name, directory);
    },
    close: async () => {
      await end('SIGTERM');
      await lab.down();
      rmSync(directory, { recursive: true });
    },
  };
}

/** Resolves when it listens, with how to end it. */
export async function startProvider(name: string, socketPath: string): Promise<EndProvider> {
  const argv = ['bin/launch.mjs', 'cli', 'lab', 'provide', '--name', name, '--socket', socketPath];
  const child = spawn(node, argv, { cwd: repository, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  const ended = once(child, 'exit').then(() => {
    throw new Error(`The provider ended: ${said}`);
  });
  const [line] = (await Promise.race([once(createInterface(child.stdout), 'line'), ended])) as [string];
  ended.catch(() => undefined);
  if (line !== `Provider: ${socketPath}`) throw new Error(`The provider said ${line}`);
  return async (signal = 'SIGTERM') => {
    const exit = once(child, 'exit') as Promise<[number | null]>;
    child.kill(signal);
    return (await exit)[0];
  };
}

async function run(lab: Lab, argv: readonly string[]): Promise<string> {
  const { status, stdout, stderr } = await lab.run('h1', argv);
  if (status !== 0) throw new Error(`${argv.join(' ')} ended with ${status}: ${stderr}`);
  return stdout.trim();
}
