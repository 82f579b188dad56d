import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { cgroupLimits } from './cgroup-limits.ts';
import { defaultDevice } from './host-facts.ts';
import { localHost } from './local-host.ts';

describe('facts of a host', () => {
  let root: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'guise-facts-'));
  });
  afterEach(() => rmSync(root, { recursive: true }));
  const put = (path: string, text: string) => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  };

  it('are those of the tree when it is offline', () => {
    put('/etc/os-release', 'ID=debian\nVERSION_ID="12"\nVERSION_CODENAME=\'bookworm\'\n');
    put('/etc/hostname', 'web1\n');
    expect(localHost({ root }).facts()).toEqual({
      hostname: 'web1',
      os_id: 'debian',
      os_version: '12',
      os_codename: 'bookworm',
      machine_id: '',
      timezone: 'UTC',
    });
  });

  it.each([
    ['../usr/share/zoneinfo/Europe/Paris', 'Europe/Paris'],
    ['/usr/share/zoneinfo/posix/America/Argentina/Ushuaia', 'America/Argentina/Ushuaia'],
    ['/usr/share/zoneinfo/UTC', 'UTC'],
  ])('have the zone that /etc/localtime leads to: %s', (target, timezone) => {
    mkdirSync(join(root, 'etc'));
    symlinkSync(target, join(root, 'etc/localtime'));
    expect(localHost({ root }).facts()).toMatchObject({ timezone });
  });

  it('have the zone by its name where it is a copy, and none where nobody wrote that down', () => {
    put('/etc/localtime', 'TZif2');
    expect(localHost({ root }).facts()).toMatchObject({ timezone: '' });
    put('/etc/timezone', 'Asia/Tokyo\n');
    expect(localHost({ root }).facts()).toMatchObject({ timezone: 'Asia/Tokyo' });
  });

  it('are numbers and names on a live machine', () => {
    const { cpu_cores, memory_mb, kernel, hostname } = localHost({ root: '/' }).facts();
    expect([Number(cpu_cores) > 0, Number(memory_mb) > 0]).toEqual([true, true]);
    expect([kernel, hostname]).not.toContain('');
  });

  it('respect the tightest limit above init, in both versions of cgroups', () => {
    put(
      '/proc/self/mountinfo',
      '30 20 0:1 / /sys/fs/cgroup rw - cgroup2 cgroup rw\n31 20 0:2 /box /sys/v1/memory rw - cgroup cgroup rw,memory\n',
    );
    put('/proc/1/cgroup', '4:memory:/box/init\n0::/pod/init\n');
    put('/sys/fs/cgroup/pod/init/cpu.max', 'max 100000\n');
    put('/sys/fs/cgroup/pod/cpu.max', '150000 100000\n');
    put('/sys/v1/memory/init/memory.limit_in_bytes', '9223372036854771712\n');
    put('/sys/v1/memory/memory.limit_in_bytes', '268435456\n');
    expect(cgroupLimits(localHost({ root }).files)).toEqual({ cpuCores: 1.5, memoryBytes: 268_435_456 });
  });

  it('find the interface that leads out', () => {
    const ipv4 =
      'Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\neth1\t0000A8C0\t0\t1\t0\t0\t0\t00FFFFFF\neth0\t00000000\t0100A8C0\t3\t0\t0\t0\t00000000\n';
    const zeros = '0'.repeat(32);
    expect(defaultDevice(ipv4, '')).toBe('eth0');
    expect(defaultDevice('', `${zeros} 00 ${zeros} 00 fe80 400 1 0 3 eth2\n`)).toBe('eth2');
    expect(defaultDevice('', `${zeros} 00 ${zeros} 00 ${zeros} ffffffff 1 0 200200 lo\n`)).toBeNull();
  });
});
