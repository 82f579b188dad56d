/** `guise server` as root starts it: real processes, and what the kernel says of them. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { client } from '@guise/api';
import { startServer } from '@guise/server';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { repository } from '../places.ts';
import { tokenIn } from '../remote/token-file.ts';
import { serverAccount } from './server-account.ts';

const mainFile = join(import.meta.dirname, '..', 'main.ts');
const readSearch = '0000000000000004';
const none = '0000000000000000';
let directory: string;
let stateDirectory: string;
const running: ChildProcess[] = [];

beforeEach(({ skip }) => {
  skip(process.getuid?.() !== 0, 'only root has rights to give up');
  directory = mkdtempSync(join(tmpdir(), 'guise-unprivileged-'));
  chmodSync(directory, 0o755);
  stateDirectory = join(directory, 'server');
});
afterEach(async () => {
  await Promise.all(running.splice(0).map(end));
  if (directory !== undefined) rmSync(directory, { recursive: true, force: true });
});

interface Started {
  readonly pid: number;
  readonly url: string;
  readonly token_file: string;
  readonly said: () => string;
}

/** Its words when it ends before it answers. */
async function start(options: readonly string[] = [], node = process.execPath, port = 0): Promise<Started | string> {
  const ports = ['--port', String(port), '--agent-port', '0', '--json', '--state-dir', stateDirectory];
  const child = spawn(node, ['--disable-warning=ExperimentalWarning', mainFile, 'server', ...ports, ...options], {
    stdio: ['ignore', 'pipe', 'pipe'],
    cwd: '/',
  });
  running.push(child);
  let out = '';
  let err = '';
  child.stderr.on('data', (chunk: Buffer) => {
    err += chunk.toString();
  });
  const ended = once(child, 'close');
  for await (const chunk of child.stdout) {
    out += String(chunk);
    if (out.endsWith('}\n')) return { ...JSON.parse(out), pid: child.pid, said: () => err };
  }
  await ended;
  return err;
}

async function started(options: readonly string[] = [], node = process.execPath): Promise<Started> {
  const server = await start(options, node);
  if (typeof server === 'string') throw new Error(server);
  return server;
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const closed = once(child, 'exit');
  child.kill('SIGTERM');
  await closed;
}

/** `Uid: 1 1 1 1` of proc(5) as `['1', '1', '1', '1']`: real, effective, saved, of files. */
function statusOf(pid: number, name: string): readonly string[] {
  const line = new RegExp(`^${name}:(.*)$`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? '';
  return line.split(/\s+/).filter((word) => word !== '');
}

function childrenOf(pid: number): readonly number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);
}

it('is another user with no rights, no groups and no way back, and so is its PostgreSQL', async () => {
  const { pid, url, token_file } = await started();
  const account = serverAccount();
  const [postgres] = childrenOf(pid);
  expect(postgres).toBeDefined();
  for (const process of [pid, postgres!]) {
    expect(statusOf(process, 'Uid')).toEqual(Array.from({ length: 4 }, () => String(account.uid)));
    expect(statusOf(process, 'Gid')).toEqual(Array.from({ length: 4 }, () => String(account.gid)));
    expect(statusOf(process, 'Groups')).toEqual([]);
    for (const set of ['CapInh', 'CapPrm', 'CapEff', 'CapBnd', 'CapAmb'])
      expect(statusOf(process, set)).toEqual([none]);
    expect(statusOf(process, 'NoNewPrivs')).toEqual(['1']);
  }
  expect(account.uid).not.toBe(0);
  expect(statusOf(pid, 'Umask')).toEqual(['0077']);
  expect(statSync(stateDirectory)).toMatchObject({ uid: account.uid, gid: account.gid });
  for (const name of ['admin-token', 'master.key']) expect(statSync(join(stateDirectory, name)).mode & 0o077).toBe(0);
  const token = tokenIn(token_file);
  expect(token).not.toBeNull();
  expect((await client({ baseUrl: url, token: token!, fetch }).listPersonas()).items).toEqual([]);
  await Promise.all(running.splice(0).map(end));
  expect(existsSync(`/proc/${postgres}`)).toBe(false);
});

it('has every option that it was started with, those that are given several times too', async () => {
  const networks = ['10.1.0.0/16', '10.2.0.0/16'];
  const { pid } = await started(networks.flatMap((network) => ['--allow-outbound', network]));
  const argv = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
  expect(argv.filter((word) => word.startsWith('--allow-outbound'))).toEqual(
    networks.map((network) => `--allow-outbound=${network}`),
  );
});

it("cannot read root's files", async () => {
  const secret = join(directory, 'key.pem');
  writeFileSync(secret, 'secret', { mode: 0o600 });
  expect(await start(['--tls-cert', secret, '--tls-key', secret])).toContain(
    `Cannot read ${secret}: the account that the control plane runs as may not`,
  );
});

it('takes over what a server of root left, and nothing that a link leads to', async () => {
  const before = await startServer({ stateDirectory, port: 0, agentPort: 0, report: () => undefined });
  await client({ baseUrl: before.url, token: before.adminToken, fetch }).createToken({ body: { name: 'kept' } });
  await before.close();
  // As after a kill in the middle of it.
  chownSync(join(stateDirectory, 'postgres', 'PG_VERSION'), serverAccount().uid, serverAccount().gid);
  const outside = join(directory, 'outside');
  writeFileSync(outside, 'of root', { mode: 0o600 });
  symlinkSync(outside, join(stateDirectory, 'link'));
  const { url } = await started();
  const after = client({ baseUrl: url, token: before.adminToken, fetch });
  await expect(after.listHosts()).resolves.toMatchObject({ items: [] });
  expect(statSync(outside)).toMatchObject({ uid: 0, gid: 0 });
  expect(statSync(join(stateDirectory, 'postgres')).uid).toBe(serverAccount().uid);
});

it('refuses a state directory of anybody, of somebody else, or with a hard link in it', async () => {
  mkdirSync(stateDirectory);
  chmodSync(stateDirectory, 0o777);
  expect(await start()).toContain('everybody may write there');
  await expect(startServer({ stateDirectory, port: 0, agentPort: 0, report: () => undefined })).rejects.toMatchObject({
    code: 'path_unsafe',
  });
  chmodSync(stateDirectory, 0o755);
  chownSync(stateDirectory, 65_534, 65_534);
  expect(await start()).toContain('it belongs to neither root nor');
  chownSync(stateDirectory, 0, 0);
  writeFileSync(join(directory, 'shadow'), 'of root');
  linkSync(join(directory, 'shadow'), join(stateDirectory, 'admin-token'));
  expect(await start()).toContain('further hard links');
  expect(statSync(join(directory, 'shadow')).uid).toBe(0);
  expect(statSync(stateDirectory).uid).toBe(0);
});

it('says which account, port or name it cannot take', async () => {
  expect(await start(['--user', 'root'])).toContain('it is root, and the control plane must not be');
  expect(await start(['--user', 'nobody-of-this-name'])).toContain('there is no such account');
  expect(await start(['--user', '-x;id'])).toMatch(/without a value|no account name/);
  const lowest = Number(readFileSync('/proc/sys/net/ipv4/ip_unprivileged_port_start', 'utf8'));
  const low = await start([], process.execPath, 79);
  // A machine may let everybody have such ports, and then there is nothing to refuse.
  const refusal = 'ports below 1024 need rights that the control plane does not have';
  expect(lowest <= 79 || (typeof low === 'string' && low.includes(refusal))).toBe(true);
});

it('keeps the right to read, and says so, where its own program is closed to others', async () => {
  const closed = join(directory, 'closed');
  mkdirSync(closed, { mode: 0o700 });
  copyFileSync(process.execPath, join(closed, 'node'));
  const { pid, said } = await started([], join(closed, 'node'));
  expect(said()).toContain(`to end that: chmod o+x ${closed}`);
  expect(statusOf(pid, 'Uid')).not.toContain('0');
  for (const set of ['CapPrm', 'CapEff', 'CapBnd']) expect(statusOf(pid, set)).toEqual([readSearch]);
});

it('ends with the process that it is tied to, also when that one is killed', async () => {
  const script = `
    const { startTiedServer } = await import(${JSON.stringify(join(repository, 'packages/cli/src/trial/tied-server.ts'))});
    console.log(JSON.stringify(await startTiedServer(${JSON.stringify(directory)}, null, () => undefined)));
  `;
  const child = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', '--input-type=module', '-e', script],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  await once(child.stdout, 'data');
  const pid = Number(readFileSync(join(directory, 'server.pid'), 'utf8'));
  const [postgres] = childrenOf(pid);
  expect(statusOf(pid, 'Uid')).not.toContain('0');
  child.kill('SIGKILL');
  while (isAlive(pid) || isAlive(postgres!)) execFileSync('sleep', ['0.05']);
  expect(readdirSync(join(directory, 'server'))).not.toContain('postmaster.pid');
});

/** A zombie waits for whoever adopted it, and is over. */
function isAlive(pid: number): boolean {
  return existsSync(`/proc/${pid}`) && statusOf(pid, 'State')[0] !== 'Z';
}
