/**
 * What templates may know of a host, read without starting a program.
 *
 * Facts: hostname, os_id, os_version, os_codename, kernel, architecture, cpu_cores, memory_mb, storage_gb (of the root file system, in
 * whole 10⁹ bytes), ip, timezone, machine_id. What cannot be found is an empty string. Offline only what the tree's own files say is given.
 */
import { statfsSync } from 'node:fs';
import { availableParallelism, hostname, machine, networkInterfaces, release, totalmem } from 'node:os';
import type { Facts } from '@guise/model';
import { cgroupLimits } from './cgroup-limits.ts';
import type { Files } from './host.ts';

export function hostFacts(files: Files, live: boolean): Facts {
  const release = parseOsRelease(files.readText('/etc/os-release') ?? '');
  const own = {
    hostname: live ? hostname() : (files.readText('/etc/hostname') ?? '').trim(),
    os_id: release.get('ID') ?? '',
    os_version: release.get('VERSION_ID') ?? '',
    os_codename: release.get('VERSION_CODENAME') ?? '',
    machine_id: (files.readText('/etc/machine-id') ?? '').trim(),
    timezone: timeZone(files),
  };
  return live ? { ...own, ...machineFacts(files) } : own;
}

function machineFacts(files: Files): Facts {
  const bounds = cgroupLimits(files);
  return {
    kernel: release(),
    architecture: machine(),
    cpu_cores: Math.min(availableParallelism(), bounds.cpuCores),
    storage_gb: storageGb(),
    memory_mb: Math.floor(Math.min(totalmem(), bounds.memoryBytes) / (1024 * 1024)),
    ip: defaultAddress(files),
  };
}

function storageGb(): number {
  const { blocks, bsize } = statfsSync('/');
  return Math.floor((blocks * bsize) / 1e9);
}

/**
 * An IANA name, from where the host itself has it: asking Intl would bring 8 MiB of its data into an agent for good.
 * Source: localtime(5), which says UTC of a host without the link; Debian writes the name of a zone that was copied to /etc/timezone.
 */
function timeZone(files: Files): string {
  const { type, target } = files.status('/etc/localtime');
  if (type === 'absent') return 'UTC';
  const linked = /\/zoneinfo\/(?:posix\/|right\/)?(.+)$/.exec(target ?? '')?.[1];
  return linked ?? (files.readText('/etc/timezone') ?? '').trim();
}

/** Source: os-release(5). */
function parseOsRelease(text: string): ReadonlyMap<string, string> {
  const fields = new Map<string, string>();
  for (const line of text.split('\n')) {
    const match = /^([A-Z0-9_]+)=(?:"(.*)"|'(.*)'|(.*))$/.exec(line.trim());
    if (match !== null) fields.set(match[1]!, match[2] ?? match[3] ?? match[4] ?? '');
  }
  return fields;
}

/** The address that the world outside most likely knows this host by: that of the interface with the default route. */
function defaultAddress(files: Files): string {
  const device = defaultDevice(files.readText('/proc/net/route') ?? '', files.readText('/proc/net/ipv6_route') ?? '');
  const addresses = networkInterfaces()[device ?? ''] ?? [];
  const chosen =
    addresses.find((address) => address.family === 'IPv4') ??
    addresses.find((address) => !address.address.startsWith('fe80:'));
  return chosen?.address ?? '';
}

/** Source: the columns of /proc/net/route and /proc/net/ipv6_route, in the kernel's net/ipv4/fib_trie.c and net/ipv6/route.c. */
export function defaultDevice(ipv4: string, ipv6: string): string | null {
  for (const line of ipv4.split('\n').slice(1)) {
    const [device, destination, , , , , , mask] = line.split(/\s+/);
    if (device !== undefined && destination === '00000000' && mask === '00000000') return device;
  }
  for (const line of ipv6.split('\n')) {
    const columns = line.trim().split(/\s+/);
    if (columns.length === 10 && columns[0] === '0'.repeat(32) && columns[1] === '00' && columns[9] !== 'lo')
      return columns[9]!;
  }
  return null;
}
