import { describe, expect, it } from 'vitest';
import {
  commandEntrances,
  delegationWrites,
  freezeWrite,
  hostEntrances,
  limitWrites,
  parseCgroupLayout,
  treesOf,
} from './cgroup-layout.ts';

const unifiedMounts = `22 1 254:1 / / rw,relatime - ext4 /dev/vda1 rw
30 22 0:26 / /sys/fs/cgroup rw,nosuid,nodev,noexec,relatime shared:4 - cgroup2 cgroup2 rw,nsdelegate,memory_recursiveprot
`;
const hybridMounts = `31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755
32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw,relatime shared:11 - cgroup cgroup rw,cpu,cpuacct
35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory
39 31 0:36 / /sys/fs/cgroup/pids rw,relatime - cgroup cgroup rw,pids
40 31 0:37 / /sys/fs/cgroup/systemd rw,relatime - cgroup cgroup rw,xattr,name=systemd
41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw
`;
const unified = parseCgroupLayout(unifiedMounts);
const hybrid = parseCgroupLayout(hybridMounts);

describe('parseCgroupLayout', () => {
  it('finds the one tree of a unified machine', () => {
    expect(unified).toEqual({ mode: 'unified', tracking: '/sys/fs/cgroup' });
  });

  it('finds a tree per controller on a hybrid machine, also where two controllers share one', () => {
    expect(hybrid).toEqual({
      mode: 'hybrid',
      tracking: '/sys/fs/cgroup/unified',
      named: '/sys/fs/cgroup/systemd',
      cpu: '/sys/fs/cgroup/cpu,cpuacct',
      cpuacct: '/sys/fs/cgroup/cpu,cpuacct',
      memory: '/sys/fs/cgroup/memory',
      pids: '/sys/fs/cgroup/pids',
    });
  });

  it('refuses a machine that cannot track or limit hosts', () => {
    const without = (text: string): string =>
      hybridMounts
        .split('\n')
        .filter((line) => !line.includes(text))
        .join('\n');
    expect(() => parseCgroupLayout(without('cgroup2'))).toThrow('has not mounted a cgroup v2 tree');
    expect(() => parseCgroupLayout(without('rw,memory'))).toThrow('of the controller "memory"');
  });
});

describe('entrances', () => {
  it('put a host into every tree, the tracking one first', () => {
    expect(hostEntrances(unified, 'guise-lab/x/h1')).toEqual(['/sys/fs/cgroup/guise-lab/x/h1']);
    expect(hostEntrances(hybrid, 'guise-lab/x/h1')).toHaveLength(treesOf(hybrid).length);
    expect(hostEntrances(hybrid, 'guise-lab/x/h1')[0]).toBe('/sys/fs/cgroup/unified/guise-lab/x/h1');
  });

  it('put a command beside the processes of its host where a cgroup is divided, and under its limits where not', () => {
    expect(commandEntrances(unified, 'guise-lab/x/h1')).toEqual(['/sys/fs/cgroup/guise-lab/x/h1/run']);
    expect(commandEntrances(hybrid, 'guise-lab/x/h1')).toContain('/sys/fs/cgroup/systemd/guise-lab/x/h1/run');
    expect(commandEntrances(hybrid, 'guise-lab/x/h1')).toContain('/sys/fs/cgroup/memory/guise-lab/x/h1');
  });
});

describe('writes', () => {
  it('hand controllers down every level above a host on a unified machine, and none on a hybrid one', () => {
    expect(delegationWrites(unified, 'guise-lab/x/h1')).toEqual(
      ['', 'guise-lab/', 'guise-lab/x/'].map((level) => ({
        file: `/sys/fs/cgroup/${level}cgroup.subtree_control`,
        value: '+cpu +memory +pids',
      })),
    );
    expect(delegationWrites(hybrid, 'guise-lab/x/h1')).toEqual([]);
  });

  it('set limits in the words of each version', () => {
    const wanted = { cpuCores: 0.5, memoryMb: 256 };
    expect(limitWrites(unified, 'h', wanted).map(({ value }) => value)).toEqual(['50000 100000', '268435456', '0']);
    expect(limitWrites(hybrid, 'h', wanted).map(({ value }) => value)).toEqual(['100000', '50000', '268435456']);
  });

  it('lift limits that are not given', () => {
    expect(limitWrites(unified, 'h', {}).map(({ value }) => value)).toEqual(['max 100000', 'max', 'max']);
    expect(limitWrites(hybrid, 'h', {}).map(({ value }) => value)).toEqual(['100000', '-1', '-1']);
  });

  it('freeze in the tracking tree of both', () => {
    expect(freezeWrite(unified, 'h', true)).toEqual({ file: '/sys/fs/cgroup/h/cgroup.freeze', value: '1' });
    expect(freezeWrite(hybrid, 'h', false)).toEqual({ file: '/sys/fs/cgroup/unified/h/cgroup.freeze', value: '0' });
  });
});
