/**
 * How much of the machine this host may use, when it is a container: the tightest limit on the way from init's cgroup to the root.
 *
 * Init's, not our own: the agent's service may be small on purpose, and that says nothing of the host.
 * Source: cgroups(7); the kernel's admin-guide/cgroup-v2.rst and cgroup-v1/memory.rst.
 */
import type { Files } from './host.ts';
import { parseMountInfo } from './mount-info.ts';

export interface CgroupLimits {
  /** Infinity when nothing limits. */
  readonly cpuCores: number;
  readonly memoryBytes: number;
}

/** Version 1 says "no limit" with the largest multiple of the page size; nothing real is larger than this. */
const unlimitedBytes = 2 ** 60;

export function cgroupLimits(files: Pick<Files, 'readText'>): CgroupLimits {
  const mounts = parseMountInfo(files.readText('/proc/self/mountinfo') ?? '');
  let cpuCores = Number.POSITIVE_INFINITY;
  let memoryBytes = Number.POSITIVE_INFINITY;
  for (const line of (files.readText('/proc/1/cgroup') ?? '').split('\n')) {
    const [, controllers, path] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
    if (controllers === undefined || path === undefined) continue;
    const mount = mounts.find((candidate) =>
      controllers === ''
        ? candidate.fstype === 'cgroup2'
        : candidate.fstype === 'cgroup' && sameControllers(candidate.superOptions, controllers),
    );
    if (mount === undefined) continue;
    for (const directory of upwards(mount.path, mount.root, path)) {
      const read = (name: string): string => (files.readText(`${directory}/${name}`) ?? '').trim();
      cpuCores = Math.min(
        cpuCores,
        quotaV2(read('cpu.max')),
        quotaV1(read('cpu.cfs_quota_us'), read('cpu.cfs_period_us')),
      );
      memoryBytes = Math.min(memoryBytes, bytes(read('memory.max')), bytes(read('memory.limit_in_bytes')));
    }
  }
  return { cpuCores, memoryBytes };
}

function sameControllers(superOptions: readonly string[], controllers: string): boolean {
  return controllers.split(',').every((controller) => superOptions.includes(controller));
}

/** Directories from `path`'s, as far as the mount shows it, up to the mount point. */
function upwards(mountPath: string, mountRoot: string, path: string): readonly string[] {
  const base = mountRoot === '/' ? '' : mountRoot;
  const inside = path === mountRoot || path.startsWith(`${base}/`) ? path.slice(base.length) : '/';
  const parts = inside.split('/').filter((part) => part !== '' && part !== '..');
  return parts.map((_, index) => `${mountPath}/${parts.slice(0, parts.length - index).join('/')}`).concat(mountPath);
}

function quotaV2(text: string): number {
  const [quota, period] = text.split(' ').map(Number);
  return quota !== undefined && period !== undefined && quota > 0 && period > 0
    ? quota / period
    : Number.POSITIVE_INFINITY;
}

function quotaV1(quota: string, period: string): number {
  return Number(quota) > 0 && Number(period) > 0 ? Number(quota) / Number(period) : Number.POSITIVE_INFINITY;
}

function bytes(text: string): number {
  const value = Number.parseInt(text, 10);
  return Number.isFinite(value) && value < unlimitedBytes ? value : Number.POSITIVE_INFINITY;
}
