/**
 * The lab itself, on real hosts: they are apart, their limits hold, they break and mend, and nothing of them stays behind.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { globSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCommand } from '../../packages/lab/src/command.ts';
import { type LabOptions, labDirectory, labSupport, openLab } from '../../packages/lab/src/index.ts';
import { acquireLocks, type Lock } from '../../packages/lab/src/lock.ts';
import { labNames, poolPaths } from '../../packages/lab/src/names.ts';

const support = labSupport();
if (!support.supported) console.warn(`skipped: no lab on this machine: ${support.missing}`);

const repository = resolve(import.meta.dirname, '../..');
const directory = labDirectory(process.env);
const node = '/opt/guise/node_modules/node/bin/node';
const bootTimeoutMs = 900_000;

const optionsFor = (name: string, where = directory): LabOptions => ({
  name,
  directory: where,
  repository,
  report: () => undefined,
});

let turn: Lock | undefined;
beforeAll(async () => {
  // A second run of these tests on this machine waits: it would use labs of the same names.
  if (support.supported) turn = await acquireLocks(join(directory, 'locks', '.tests'));
}, bootTimeoutMs);
afterAll(() => turn?.[Symbol.dispose]());

describe.runIf(support.supported)('hosts of a lab', () => {
  const lab = openLab(optionsFor('test-lab'));
  const output = async (host: string, ...argv: readonly string[]): Promise<string> => {
    const { status, stdout, stderr } = await lab.run(host, argv);
    expect([status, stderr]).toEqual([0, '']);
    return stdout.trim();
  };

  /** What h2 hears from a server on h1, within some seconds. */
  const greeting = async (withinSeconds: number): Promise<string> => {
    const patience = [
      '--retry',
      '100',
      '--retry-all-errors',
      '--retry-delay',
      '1',
      '--retry-max-time',
      String(withinSeconds),
    ];
    const url = `http://${lab.host('h1').address}:8080/`;
    return (await lab.run('h2', ['curl', '--silent', '--max-time', '1', ...patience, url])).stdout;
  };

  beforeAll(async () => {
    await lab.down();
    await lab.up([{ name: 'h1' }, { name: 'h2' }]);
    const script = `require('node:http').createServer((_, answer) => answer.end('from h1')).listen(8080)`;
    writeFileSync(
      join(lab.host('h1').root, 'etc/systemd/system/greeter.service'),
      `[Service]\nExecStart=${node} --eval "${script}"\n[Install]\nWantedBy=multi-user.target\n`,
    );
    await lab.run('h1', ['systemctl', 'enable', '--now', '--quiet', 'greeter.service']);
  }, bootTimeoutMs);
  afterAll(async () => {
    await lab.down();
  }, bootTimeoutMs);

  it('boot whole, under their own names', async () => {
    for (const host of ['h1', 'h2']) {
      expect(await output(host, 'systemctl', 'is-system-running')).toBe('running');
      expect(await output(host, 'cat', '/proc/sys/kernel/hostname')).toBe(host);
    }
    expect(await output('h1', 'cat', '/etc/machine-id')).not.toBe(await output('h2', 'cat', '/etc/machine-id'));
  });

  it('run the node and the sources of this repository', async () => {
    expect(await output('h1', node, '--print', 'process.versions.node')).toMatch(/^24\./);
    expect(await output('h1', 'cat', '/opt/guise/package.json')).toBe(
      readFileSync(join(repository, 'package.json'), 'utf8').trim(),
    );
  });

  it('reach each other over the bridge', async () => {
    expect(await greeting(10)).toBe('from h1');
  });

  it('keep units of one name apart', async () => {
    for (const host of ['h1', 'h2']) await output(host, 'systemd-run', '--quiet', '--unit=same', 'sleep', 'infinity');
    await output('h1', 'systemctl', 'stop', 'same.service');
    expect((await lab.run('h1', ['systemctl', 'is-active', 'same.service'])).stdout.trim()).toBe('inactive');
    expect(await output('h2', 'systemctl', 'is-active', 'same.service')).toBe('active');
  });

  it('end a command when it ends, whatever it leaves running', async () => {
    const left = 'sleep infinity & echo $!';
    const { status, stdout } = await lab.run('h1', ['sh', '-c', left]);
    expect(status).toBe(0);
    expect(await output('h1', 'ps', '-o', 'comm=', '-p', stdout.trim())).toBe('sleep');
  });

  it('kill a command that takes too long, inside the host too', async () => {
    const forever = lab.run('h1', ['sleep', '987654'], { timeoutMs: 500 });
    await expect(forever).rejects.toThrow('its limit is 500 ms');
    expect((await lab.run('h1', ['pgrep', '--full', 'sleep 987654'])).stdout).toBe('');
  });

  it('are refused the settings of the machine', async () => {
    const before = readFileSync('/proc/sys/vm/swappiness', 'utf8');
    expect((await lab.run('h1', ['sysctl', '--write', 'vm.swappiness=7'])).status).not.toBe(0);
    expect(readFileSync('/proc/sys/vm/swappiness', 'utf8')).toBe(before);
  });

  describe.each([
    ['a command', []],
    ['a unit', ['systemd-run', '--quiet', '--wait', '--pipe', '--collect']],
  ])('limits hold for %s', (_, prefix) => {
    const busyLoop =
      'until [ $SECONDS -ge 3 ]; do :; done; cut -d" " -f14,15 /proc/$$/stat; cut -d" " -f1 /proc/uptime';
    /** How much of one core a busy loop gets. */
    const shareOfCore = async (): Promise<number> => {
      // A file, because systemd-run would replace the variables.
      writeFileSync(join(lab.host('h2').root, 'root/busy-loop'), busyLoop);
      const started = Number(readFileSync('/proc/uptime', 'utf8').split(' ')[0]);
      const [ticks = '', ended = ''] = (await output('h2', ...prefix, 'bash', '/root/busy-loop')).split('\n');
      const usedSeconds =
        ticks
          .split(' ')
          .map(Number)
          .reduce((sum, value) => sum + value, 0) / 100;
      return usedSeconds / (Number(ended) - started);
    };

    it('in time of the processor, set and lifted while it runs', async () => {
      await lab.limit('h2', { cpuCores: 0.2 });
      const before = timesThrottled('test-lab', 'h2');
      expect(await shareOfCore()).toBeLessThan(0.3);
      const limited = timesThrottled('test-lab', 'h2');
      expect(limited).toBeGreaterThan(before);
      await lab.limit('h2', {});
      await shareOfCore();
      expect(timesThrottled('test-lab', 'h2')).toBe(limited);
    });

    it('in memory: what takes more is killed, and the host lives on', async () => {
      const hog = [...prefix, 'bash', '-c', 'set -o pipefail; head -c 400M /dev/zero | tail | wc -c'];
      await lab.limit('h2', { memoryMb: 128 });
      expect((await lab.run('h2', hog)).status).not.toBe(0);
      expect(await output('h2', 'echo', 'alive')).toBe('alive');
      await lab.limit('h2', {});
      expect(await output('h2', ...hog)).toBe(String(400 * 1024 * 1024));
    });
  });

  it('go back to a snapshot', async () => {
    await lab.snapshot('h1', 'before');
    await output('h1', 'sh', '-c', 'echo changed > /etc/motd; rm /etc/hosts');
    const { status } = await lab.restore('h1', 'before');
    expect(status).toBe('running');
    expect(await output('h1', 'cat', '/etc/motd')).not.toBe('changed');
    expect(await output('h1', 'cat', '/etc/hosts')).toContain('h1');
    await expect(lab.restore('h1', 'never')).rejects.toThrow('has no such snapshot');
  });

  it('break and are mended: kill', async () => {
    await lab.break('h1', 'kill');
    expect(lab.host('h1')).toMatchObject({ status: 'broken', brokenBy: 'kill' });
    expect(lab.host('h1').leaderPid).toBeUndefined();
    await expect(lab.run('h1', ['true'])).rejects.toThrow('it does not run');
    expect((await lab.mend('h1')).status).toBe('running');
    expect(await output('h1', 'echo', 'alive')).toBe('alive');
  });

  it('break and are mended: pause', async () => {
    await lab.break('h1', 'pause');
    const reached = async (): Promise<string> => await output('h1', 'systemctl', 'is-system-running');
    const answered = reached().then(() => 'answered');
    expect(await Promise.race([answered, delay(1_000, 'silent')])).toBe('silent');
    await lab.mend('h1');
    expect(await answered).toBe('answered');
  });

  it('break and are mended: network', async () => {
    await lab.break('h1', 'network');
    expect(await greeting(3)).toBe('');
    await lab.mend('h1');
    expect(await greeting(30)).toBe('from h1');
  });

  it('break and are mended: disk-full, and neighbours keep writing', async () => {
    const write = ['sh', '-c', 'echo x > /var/tmp/probe'];
    await lab.break('h1', 'disk-full');
    expect((await lab.run('h1', write)).stderr).toContain('Disk quota exceeded');
    await output('h2', ...write);
    await lab.mend('h1');
    await output('h1', ...write);
  });
});

describe.runIf(support.supported)('down, after `up` was killed', () => {
  const hosts = ['k1', 'k2', 'k3'];
  const name = 'test-killed';

  beforeAll(async () => {
    // The base image must be there, or every kill would hit its build.
    const lab = openLab(optionsFor(name));
    await lab.up([{ name: 'k1' }]);
    await lab.down();
  }, bootTimeoutMs);

  it('would see what is left', async () => {
    await openLab(optionsFor(name)).up([{ name: 'k1' }]);
    expect(await traces(directory, name)).not.toEqual([]);
    await openLab(optionsFor(name)).down();
  });

  it.each([0, 25, 50, 100, 150, 200, 300, 400, 500, 600, 800])(
    'at %i ms leaves nothing of the lab',
    async (killAfterMs) => {
      await killedUp(optionsFor(name), hosts, killAfterMs);
      await openLab(optionsFor(name)).down();
      expect(await traces(directory, name)).toEqual([]);
    },
    bootTimeoutMs,
  );

  it('two processes may bring the same hosts up at once', async () => {
    const [one, two] = [openLab(optionsFor(name)), openLab(optionsFor(name))];
    const specs = hosts.map((host) => ({ name: host }));
    const [first, second] = await Promise.all([one.up(specs), two.up(specs)]);
    expect(first.map(({ status }) => status)).toEqual(['running', 'running', 'running']);
    expect(second.map(({ leaderPid }) => leaderPid)).toEqual(first.map(({ leaderPid }) => leaderPid));
    await one.down();
  });

  it(
    'up again goes on where the killed one ended',
    async () => {
      await killedUp(optionsFor(name), hosts, 300);
      const lab = openLab(optionsFor(name));
      const booted = await lab.up(hosts.map((host) => ({ name: host })));
      expect(booted.map(({ status }) => status)).toEqual(['running', 'running', 'running']);
      await lab.down();
      expect(await traces(directory, name)).toEqual([]);
    },
    bootTimeoutMs,
  );

  it.each([200, 3_000])(
    'at %i ms of building the base image leaves no mount, loop device or process of its directory',
    async (killAfterMs) => {
      const own = mkdtempSync(join(tmpdir(), 'guise-lab-'));
      await killedUp(optionsFor(name, own), hosts, killAfterMs);
      expect(await sharedTraces(own)).not.toEqual([]);
      await openLab(optionsFor(name, own)).down({ purge: true });
      expect([...(await traces(own, name)), ...(await sharedTraces(own))]).toEqual([]);
      rmSync(own, { recursive: true });
    },
    bootTimeoutMs,
  );
});

/** Starts `up` in a process of its own and kills that with SIGKILL some time after it has begun. */
async function killedUp(options: LabOptions, hosts: readonly string[], killAfterMs: number): Promise<void> {
  const source = new URL('../../packages/lab/src/index.ts', import.meta.url).href;
  const script = `
    const { openLab } = await import(${JSON.stringify(source)});
    const lab = openLab({ ...${JSON.stringify(options)}, report: () => undefined });
    console.log('begun');
    await lab.up(${JSON.stringify(hosts.map((host) => ({ name: host })))});
  `;
  const argv = ['--disable-warning=ExperimentalWarning', '--input-type=module', '--eval', script];
  const child: ChildProcess = spawn(process.execPath, argv, { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'exit');
  await once(child.stdout!, 'data');
  await delay(killAfterMs);
  child.kill('SIGKILL');
  await ended;
}

/** How often the kernel has made a host wait because its time was used up. */
function timesThrottled(lab: string, host: string): number {
  const files = globSync(`/sys/fs/cgroup/{,*/}guise-lab/${labNames(directory, lab).id}/${host}/cpu.stat`);
  const counts = files.flatMap((file) => /^nr_throttled (\d+)$/m.exec(readFileSync(file, 'utf8'))?.[1] ?? []);
  expect(counts).not.toEqual([]);
  return Math.max(...counts.map(Number));
}

/** Everything on this machine that belongs to one lab, in words. */
async function traces(where: string, lab: string): Promise<readonly string[]> {
  const { id } = labNames(where, lab);
  const links = await linesWith(['ip', '-oneline', 'link', 'show'], id);
  const tables = await linesWith(['nft', 'list', 'tables'], id);
  const cgroups = globSync(`/sys/fs/cgroup/{,*/}guise-lab/${id}`);
  const locks = readdirSync('/run/systemd/nspawn/propagate').filter((entry) => entry.includes(id));
  const roots = globSync(join(where, '{labs,pool/labs}', lab));
  return [...links, ...tables, ...cgroups, ...locks, ...roots, ...processesWith(`g${id}-`)];
}

/** Everything on this machine that belongs to a directory of labs. */
async function sharedTraces(where: string): Promise<readonly string[]> {
  const mounts = readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .filter((line) => line.includes(where));
  const loops = await linesWith(['losetup', '--list', '--noheadings', '--output', 'NAME,BACK-FILE'], where);
  const cgroups = globSync(`/sys/fs/cgroup/{,*/}${poolPaths(where).buildCgroup}`);
  return [...mounts, ...loops, ...cgroups, ...processesWith(where)];
}

async function linesWith(argv: readonly string[], text: string): Promise<readonly string[]> {
  return (await runCommand(argv)).stdout.split('\n').filter((line) => line.includes(text));
}

function processesWith(text: string): readonly string[] {
  return globSync('/proc/[0-9]*/cmdline').flatMap((file) => {
    try {
      const command = readFileSync(file, 'utf8').replaceAll('\0', ' ');
      return command.includes(text) ? [command] : [];
    } catch {
      // It ended in the meantime.
      return [];
    }
  });
}
