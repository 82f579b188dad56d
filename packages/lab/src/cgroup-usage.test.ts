import { describe, expect, it } from 'vitest';
import { parseUsage, usageFiles } from './cgroup-usage.ts';

describe('parseUsage', () => {
  it('reads a unified tree', () => {
    const cpu = 'usage_usec 2500000\nuser_usec 1\nnr_throttled 3\nthrottled_usec 1500000\n';
    expect(
      parseUsage('unified', {
        cpuStat: cpu,
        cpuUsed: cpu,
        memoryUsed: '209715200\n',
        memoryStat: 'anon 5\ninactive_file 104857600\n',
      }),
    ).toEqual({ cpuSeconds: 2.5, memoryMb: 100, throttledSeconds: 1.5 });
  });

  it('reads a tree per controller', () => {
    expect(
      parseUsage('hybrid', {
        cpuStat: 'nr_periods 9\nnr_throttled 3\nthrottled_time 1500000000\n',
        cpuUsed: '2500000000\n',
        memoryUsed: '209715200\n',
        memoryStat: 'inactive_file 5\ntotal_inactive_file 104857600\n',
      }),
    ).toEqual({ cpuSeconds: 2.5, memoryMb: 100, throttledSeconds: 1.5 });
  });

  it('takes a host that does not run for one that has used nothing', () => {
    expect(parseUsage('hybrid', { cpuStat: '', cpuUsed: '', memoryUsed: '', memoryStat: '' })).toEqual({
      cpuSeconds: 0,
      memoryMb: 0,
      throttledSeconds: 0,
    });
  });
});

describe('usageFiles', () => {
  it('asks each controller in its own tree', () => {
    const trees = { tracking: '/t', named: '/n', cpu: '/c', cpuacct: '/a', memory: '/m', pids: '/p' };
    expect(usageFiles({ mode: 'hybrid', ...trees }, 'x')).toEqual({
      cpuStat: '/c/x/cpu.stat',
      cpuUsed: '/a/x/cpuacct.usage',
      memoryUsed: '/m/x/memory.usage_in_bytes',
      memoryStat: '/m/x/memory.stat',
    });
    expect(usageFiles({ mode: 'unified', tracking: '/t' }, 'x').memoryUsed).toBe('/t/x/memory.current');
  });
});
