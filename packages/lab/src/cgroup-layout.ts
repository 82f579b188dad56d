/**
 * Where cgroups live on this machine and what to write there, as pure functions over /proc/self/mountinfo.
 *
 * Unified machines (v2) have one tree. Hybrid ones (v1) have a tree per controller, and a v2 tree that only tracks processes.
 * Both have a v2 tree: its directories are the record of which processes belong to a host, and it can freeze them.
 * Shape: paths given here are relative to a tree's root; paths returned are absolute.
 * Throws: `lab_unsupported` when there is no v2 tree, or no tree for a controller that limits need.
 * Source: cgroups(7); systemd's docs/CGROUP_DELEGATION.md.
 */
import { join } from 'node:path';
import { GuiseError } from '@guise/model';

export interface HostLimits {
  /** Cores' worth of time, such as 0.5; absent means no limit. */
  readonly cpuCores?: number;
  /** Absent means no limit. */
  readonly memoryMb?: number;
}

export type CgroupLayout =
  | { readonly mode: 'unified'; readonly tracking: string }
  | {
      readonly mode: 'hybrid';
      readonly tracking: string;
      /** systemd's own named tree. */
      readonly named: string;
      readonly cpu: string;
      readonly cpuacct: string;
      readonly memory: string;
      readonly pids: string;
    };

export interface CgroupWrite {
  readonly file: string;
  readonly value: string;
  /** Nothing is lost where the kernel has no such file. */
  readonly optional?: boolean;
}

const controllers = ['cpu', 'memory', 'pids'] as const;
/** In v1 what is used of the processor is counted apart from its limit. */
const separateControllers = ['cpu', 'cpuacct', 'memory', 'pids'] as const;
const cpuPeriodUs = 100_000;

export function parseCgroupLayout(mountinfo: string): CgroupLayout {
  const mounts = mountinfo
    .split('\n')
    .map(parseCgroupMount)
    .filter((mount) => mount !== undefined);
  const tracking = mounts.find((mount) => mount.type === 'cgroup2')?.mountPoint;
  if (tracking === undefined) throw unsupported('a cgroup v2 tree');
  const treeOf = (option: string): string | undefined =>
    mounts.find((mount) => mount.type === 'cgroup' && mount.options.includes(option))?.mountPoint;
  const named = treeOf('name=systemd');
  if (named === undefined) return { mode: 'unified', tracking };
  const [cpu, cpuacct, memory, pids] = separateControllers.map((controller) => {
    const tree = treeOf(controller);
    if (tree === undefined) throw unsupported(`a cgroup tree of the controller "${controller}"`);
    return tree;
  });
  return { mode: 'hybrid', tracking, named, cpu: cpu!, cpuacct: cpuacct!, memory: memory!, pids: pids! };
}

/** Every tree's root, each once; the tracking tree is first. */
export function treesOf(layout: CgroupLayout): readonly string[] {
  if (layout.mode === 'unified') return [layout.tracking];
  return [...new Set([layout.tracking, layout.named, layout.cpu, layout.cpuacct, layout.memory, layout.pids])];
}

/** The cgroups that a host's first process enters, made beforehand; systemd-nspawn then divides them as it needs. */
export function hostEntrances(layout: CgroupLayout, host: string): readonly string[] {
  return treesOf(layout).map((tree) => join(tree, host));
}

/**
 * The cgroups that a command run in a host enters: the host's limits hold for it. In v2 trees it goes beside the host's own
 * processes, because a cgroup there has either processes or children.
 */
export function commandEntrances(layout: CgroupLayout, host: string): readonly string[] {
  return treesOf(layout).map((tree) => (isDivided(layout, tree) ? join(tree, host, 'run') : join(tree, host)));
}

/** In v2 each level must hand its controllers down before a child can use them. */
export function delegationWrites(layout: CgroupLayout, path: string): readonly CgroupWrite[] {
  if (layout.mode === 'hybrid') return [];
  const levels = path.split('/').slice(0, -1);
  const parents = levels.map((_, index) => join(layout.tracking, ...levels.slice(0, index + 1)));
  const value = controllers.map((controller) => `+${controller}`).join(' ');
  return [layout.tracking, ...parents].map((parent) => ({ file: join(parent, 'cgroup.subtree_control'), value }));
}

export function limitWrites(layout: CgroupLayout, path: string, wanted: HostLimits): readonly CgroupWrite[] {
  const quotaUs = wanted.cpuCores === undefined ? undefined : Math.round(wanted.cpuCores * cpuPeriodUs);
  const sizeBytes = wanted.memoryMb === undefined ? undefined : Math.round(wanted.memoryMb * 1024 * 1024);
  if (layout.mode === 'unified') {
    const directory = join(layout.tracking, path);
    return [
      { file: join(directory, 'cpu.max'), value: `${quotaUs ?? 'max'} ${cpuPeriodUs}` },
      { file: join(directory, 'memory.max'), value: String(sizeBytes ?? 'max') },
      // With swap to go to, a host over its limit would only become slow.
      { file: join(directory, 'memory.swap.max'), value: sizeBytes === undefined ? 'max' : '0', optional: true },
    ];
  }
  return [
    { file: join(layout.cpu, path, 'cpu.cfs_period_us'), value: String(cpuPeriodUs) },
    { file: join(layout.cpu, path, 'cpu.cfs_quota_us'), value: String(quotaUs ?? -1) },
    { file: join(layout.memory, path, 'memory.limit_in_bytes'), value: String(sizeBytes ?? -1) },
  ];
}

export function freezeWrite(layout: CgroupLayout, path: string, frozen: boolean): CgroupWrite {
  return { file: join(layout.tracking, path, 'cgroup.freeze'), value: frozen ? '1' : '0' };
}

function isDivided(layout: CgroupLayout, tree: string): boolean {
  return tree === layout.tracking || (layout.mode === 'hybrid' && tree === layout.named);
}

/** A mountinfo line has its mount point fifth, and after " - " the type, the source and the filesystem's options. */
function parseCgroupMount(line: string) {
  const [before = '', after = ''] = line.split(' - ');
  const [type = '', , options = ''] = after.split(' ');
  const mountPoint = before.split(' ')[4];
  if (mountPoint === undefined || !type.startsWith('cgroup')) return undefined;
  return { mountPoint, type, options: options.split(',') };
}

function unsupported(what: string): GuiseError {
  return new GuiseError('lab_unsupported', `Cannot run a lab: this machine has not mounted ${what}`);
}
