import { setTimeout as sleep } from 'node:timers/promises';
import { builtInMetrics as namedMetrics } from '@guise/model';
import { describe, expect, it } from 'vitest';
import { builtInMetrics } from './built-in-metrics.ts';
import { localMetricSource, MetricSampler, type MetricSource } from './metric-sampler.ts';

const gib = 1024 ** 3;

/** Texts of a machine with two cores: at the first look, and at the second where it differs. */
const stat = ['cpu  1000 0 500 8000 200 0 100 50 10 0\ncpu0 1 2 3\n', 'cpu  1150 0 550 8100 200 0 100 50 10 0\n'];
const meminfo =
  'MemTotal:        4194304 kB\nMemFree: 10 kB\nMemAvailable:    1048576 kB\nSwapTotal: 100 kB\nSwapFree:    25 kB\n';
const diskstats = [
  '   8       0 sda 100 0 2000 10 50 0 4000 20 0 30 40 0 0 0 0 0 0\n   8       1 sda1 100 0 2000 10 50 0 4000 20 0 30 40\n',
  '   8       0 sda 200 0 4000 10 50 0 8000 20 0 30 40 0 0 0 0 0 0\n   8       1 sda1 100 0 9000 10 50 0 9000 20 0 30 40\n',
];
const netDev = [
  'Inter-|   Receive\n face |bytes\n    lo: 10 1 0 0 0 0 0 0 10 1 0 0 0 0 0 0\n  eth0: 1000 5 0 0 0 0 0 0 500 5 0 0 0 0 0 0\n',
  'Inter-|   Receive\n face |bytes\n    lo: 99 1 0 0 0 0 0 0 99 1 0 0 0 0 0 0\n  eth0:5000 5 0 0 0 0 0 0 1500 5 0 0 0 0 0 0\n',
];
const loadavg = '0.52 0.58 0.59 2/1234 5678\n';
const psi = 'some avg10=12.50 avg60=1.00 avg300=0.10 total=1\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=0\n';

function machine(look: 0 | 1, more: { readonly [path: string]: string } = {}): MetricSource {
  const files: { readonly [path: string]: string } = {
    '/proc/stat': stat[look]!,
    '/proc/meminfo': meminfo,
    '/proc/diskstats': diskstats[look]!,
    '/proc/net/dev': netDev[look]!,
    '/proc/loadavg': loadavg,
    '/proc/pressure/cpu': psi,
    ...more,
  };
  return {
    cores: 2,
    readText: (path) => files[path] ?? null,
    list: (path) => [
      ...new Set(
        Object.keys(files).flatMap((file) =>
          file.startsWith(`${path}/`) ? file.slice(path.length + 1).split('/')[0]! : [],
        ),
      ),
    ],
    diskUtilization: (mountPoint) => (mountPoint === '/var' ? 0.5 : null),
  };
}

function twoLooks(names: readonly string[], first: MetricSource, second: MetricSource) {
  let now = first;
  const sampler = new MetricSampler({
    cores: first.cores,
    readText: (path) => now.readText(path),
    list: (path) => now.list(path),
    diskUtilization: (mountPoint) => now.diskUtilization(mountPoint),
  });
  const before = sampler.sample(names, 10_000);
  now = second;
  return { before: Object.fromEntries(before), after: Object.fromEntries(sampler.sample(names, 12_000)) };
}

describe('a machine', () => {
  it('is read as its kernel tells it, rates from two looks', () => {
    const names = [
      'cpu_utilization',
      'memory_utilization',
      'swap_utilization',
      'disk_utilization:/var',
      'disk_read_bytes_per_second',
      'disk_write_bytes_per_second:sda1',
      'network_receive_bytes_per_second',
      'network_transmit_bytes_per_second:eth0',
      'load_5m',
      'cpu_pressure',
    ];
    const { before, after } = twoLooks(names, machine(0), machine(1));
    expect(before).toEqual({
      memory_utilization: 0.75,
      swap_utilization: 0.75,
      'disk_utilization:/var': 0.5,
      load_5m: 0.58,
      cpu_pressure: 0.125,
    });
    expect(after).toEqual({
      ...before,
      cpu_utilization: 200 / 300,
      disk_read_bytes_per_second: (2000 * 512) / 2,
      'disk_write_bytes_per_second:sda1': (5000 * 512) / 2,
      network_receive_bytes_per_second: 2000,
      'network_transmit_bytes_per_second:eth0': 500,
    });
  });

  it('says nothing of what it does not have', () => {
    const names = [
      'disk_utilization:/nowhere',
      'memory_pressure',
      'network_receive_bytes_per_second:eth9',
      'of_nobody',
      'load_1m@x',
    ];
    const nothing: MetricSource = { cores: 1, readText: () => null, list: () => [], diskUtilization: () => null };
    expect(twoLooks(names, machine(0), machine(1)).after).toEqual({ 'load_1m@x': 0.52 });
    expect(twoLooks(Object.keys(namedMetrics), nothing, nothing).after).toEqual({});
  });

  it('gives no rate when a counter fell', () => {
    expect(twoLooks(['cpu_utilization', 'disk_read_bytes_per_second'], machine(1), machine(0)).after).toEqual({});
  });
});

describe('units and containers', () => {
  const unified = {
    '/proc/self/mountinfo': '30 20 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n',
    '/proc/1/cgroup': '0::/init.scope\n',
  };
  const hybrid = {
    '/proc/self/mountinfo':
      '1 2 0:1 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n1 2 0:2 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n',
    '/proc/1/cgroup': '4:memory:/\n3:cpu,cpuacct:/\n',
  };
  const nginx = (base: string) => `${base}/system.slice/nginx.service`;

  it('are read from a tree of version 2', () => {
    const at = (usageUs: number) => ({
      ...unified,
      [`${nginx('/sys/fs/cgroup')}/cpu.stat`]: `usage_usec ${usageUs}\nuser_usec 1\n`,
      [`${nginx('/sys/fs/cgroup')}/memory.current`]: '5000\n',
      [`${nginx('/sys/fs/cgroup')}/memory.stat`]: 'anon 1\ninactive_file 2000\n',
    });
    const names = ['cpu_utilization@nginx.service', 'memory_bytes@nginx.service', 'cpu_utilization@gone.service'];
    const { after } = twoLooks(names, machine(0, at(0)), machine(1, at(1_000_000)));
    expect(after).toEqual({ 'cpu_utilization@nginx.service': 0.25, 'memory_bytes@nginx.service': 3000 });
  });

  it('are read from trees of version 1', () => {
    const at = (usageNs: number) => ({
      ...hybrid,
      [`${nginx('/sys/fs/cgroup/cpu,cpuacct')}/cpuacct.usage`]: `${usageNs}\n`,
      [`${nginx('/sys/fs/cgroup/memory')}/memory.usage_in_bytes`]: '5000\n',
      [`${nginx('/sys/fs/cgroup/memory')}/memory.stat`]: 'inactive_file 1\ntotal_inactive_file 2000\n',
    });
    const names = ['cpu_utilization@nginx.service', 'memory_bytes@nginx.service'];
    const { after } = twoLooks(names, machine(0, at(0)), machine(1, at(2_000_000_000)));
    expect(after).toEqual({ 'cpu_utilization@nginx.service': 0.5, 'memory_bytes@nginx.service': 3000 });
  });

  it('are found in slices of slices', () => {
    const path = '/sys/fs/cgroup/system.slice/system-web.slice/web@1.service/cpu.stat';
    const at = (usageUs: number) => ({ ...unified, [path]: `usage_usec ${usageUs}\n` });
    const { after } = twoLooks(['cpu_utilization@web@1.service'], machine(0, at(0)), machine(1, at(400_000)));
    expect(after).toEqual({ 'cpu_utilization@web@1.service': 0.1 });
  });

  it('measure a container by what it used of what it may use', () => {
    const at = (usageUs: number) => ({
      ...unified,
      '/run/systemd/container': 'systemd-nspawn\n',
      '/sys/fs/cgroup/cpu.stat': `usage_usec ${usageUs}\n`,
      '/sys/fs/cgroup/cpu.max': '50000 100000\n',
      '/sys/fs/cgroup/memory.max': String(gib),
      '/sys/fs/cgroup/memory.current': String(gib / 2),
      '/sys/fs/cgroup/cpu.pressure': psi.replace('12.50', '50.00'),
    });
    const names = ['cpu_utilization', 'memory_utilization', 'cpu_pressure'];
    const { after } = twoLooks(names, machine(0, at(0)), machine(1, at(800_000)));
    expect(after).toEqual({ cpu_utilization: 0.8, memory_utilization: 0.5, cpu_pressure: 0.5 });
  });
});

describe('this machine', () => {
  it('has what its kernel tells, within the bounds of each unit', async () => {
    const source = localMetricSource();
    const sampler = new MetricSampler(source);
    const names = Object.keys(namedMetrics);
    let samples = sampler.sample(names, performance.now());
    for (let looks = 0; looks < 50 && !(samples.has('disk_utilization') && samples.has('cpu_utilization')); looks++) {
      await sleep(100);
      samples = sampler.sample(names, performance.now());
    }
    for (const name of ['cpu_utilization', 'memory_utilization', 'disk_utilization', 'load_1m'])
      expect([name, samples.has(name)]).toEqual([name, true]);
    for (const [name, value] of samples) {
      expect([name, value >= 0]).toEqual([name, true]);
      if (namedMetrics[name]?.unit === 'ratio') expect([name, value <= 1.05]).toEqual([name, true]);
    }
  });

  it('can read every metric that documents may name', () => {
    expect(Object.keys(builtInMetrics).sort()).toEqual(Object.keys(namedMetrics).sort());
  });
});
