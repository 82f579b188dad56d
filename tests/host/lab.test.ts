/**
 * The lab itself, on real hosts: they are apart, their limits hold, they break and mend.
 */
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { labNames } from '@guise/lab';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bootTimeoutMs, directory, optionsFor, repository, takeTurn } from './lab-turn.ts';
import { canBoot, openTestLab, skipWithoutLab } from './test-lab.ts';

const node = '/opt/guise/node_modules/node/bin/node';

takeTurn();

describe('hosts of a lab', () => {
  skipWithoutLab();
  const lab = openTestLab(optionsFor('test-lab'));
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
    if (!canBoot) return;
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
    if (canBoot) await lab.down();
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
    await expect(lab.restore('h1', 'never')).rejects.toMatchObject({ code: 'snapshot_not_found' });
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

/** How often the kernel has made a host wait because its time was used up. */
function timesThrottled(lab: string, host: string): number {
  const files = globSync(`/sys/fs/cgroup/{,*/}guise-lab/${labNames(directory, lab).id}/${host}/cpu.stat`);
  const counts = files.flatMap((file) => /^nr_throttled (\d+)$/m.exec(readFileSync(file, 'utf8'))?.[1] ?? []);
  expect(counts).not.toEqual([]);
  return Math.max(...counts.map(Number));
}
