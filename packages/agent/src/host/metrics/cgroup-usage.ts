/**
 * What a cgroup used: the host's own, when it is a container, and each unit's.
 *
 * A tree of version 2 counts processor time for every cgroup, whichever controllers it has; memory is counted where the controller
 * is. Of a machine with trees of both versions (hybrid), each is asked for what it has.
 * Source: cgroups(7); the kernel's admin-guide/cgroup-v2.rst, cgroup-v1/cpuacct.rst and cgroup-v1/memory.rst.
 */
import { type MountInfo, parseMountInfo } from '../mount-info.ts';
import { parseFlatKeyed } from './proc-text.ts';

export interface CgroupFiles {
  readText(path: string): string | null;
  list(path: string): readonly string[];
}

/** Absolute directories of the host's own cgroup, one per tree; null where there is no such tree. */
export interface CgroupTrees {
  readonly unified: string | null;
  readonly cpuacct: string | null;
  readonly memory: string | null;
}

/** Slices below slices that are searched for a unit. */
const sliceDepth = 3;

/** The trees as this host sees them: from init's cgroup, without the scope that init itself is in. */
export function cgroupTrees(files: CgroupFiles): CgroupTrees {
  const mounts = parseMountInfo(files.readText('/proc/self/mountinfo') ?? '');
  const own = files.readText('/proc/1/cgroup') ?? '';
  const treeOf = (controller: string, mount: MountInfo | undefined): string | null => {
    const path = new RegExp(`^\\d+:(?:[^:\\n]*,)?${controller}(?:,[^:\\n]*)?:(.*)$`, 'm').exec(own)?.[1];
    if (mount === undefined || path === undefined) return null;
    const root = path.replace(/\/init\.scope$/, '');
    const inside = mount.root !== '/' && root.startsWith(mount.root) ? root.slice(mount.root.length) : root;
    return mount.path + (inside === '/' ? '' : inside);
  };
  const versionOne = (controller: string) =>
    treeOf(
      controller,
      mounts.find(({ fstype, superOptions }) => fstype === 'cgroup' && superOptions.includes(controller)),
    );
  return {
    unified: treeOf(
      '',
      mounts.find(({ fstype }) => fstype === 'cgroup2'),
    ),
    cpuacct: versionOne('cpuacct'),
    memory: versionOne('memory'),
  };
}

/** Since the cgroup is there, in ms. */
export function cpuTimeMs(files: CgroupFiles, { unified, cpuacct }: CgroupTrees, below: string): number | null {
  const usageUs = textIn(files, unified, below, 'cpu.stat', (text) => parseFlatKeyed(text).get('usage_usec'));
  if (usageUs !== null) return usageUs / 1000;
  const usageNs = textIn(files, cpuacct, below, 'cpuacct.usage', Number);
  return usageNs === null ? null : usageNs / 1_000_000;
}

/** Without what the kernel would give up at once: the page cache that nobody used lately. */
export function memoryBytes(files: CgroupFiles, { unified, memory }: CgroupTrees, below: string): number | null {
  for (const [tree, usage, inactive] of [
    [unified, 'memory.current', 'inactive_file'],
    [memory, 'memory.usage_in_bytes', 'total_inactive_file'],
  ] as const) {
    const used = textIn(files, tree, below, usage, Number);
    if (used === null) continue;
    const idle = textIn(files, tree, below, 'memory.stat', (text) => parseFlatKeyed(text).get(inactive)) ?? 0;
    return Math.max(0, used - idle);
  }
  return null;
}

/** Where a unit's cgroup is below the host's, such as `/system.slice/nginx.service`; null when it does not run. */
export function findUnit(files: CgroupFiles, { unified, cpuacct, memory }: CgroupTrees, unit: string): string | null {
  const tree = unified ?? memory ?? cpuacct;
  if (tree === null) return null;
  const usual = files.list(`${tree}/system.slice`);
  if (usual.includes(unit)) return `/system.slice/${unit}`;
  return searchSlices(files, tree, '', unit, sliceDepth);
}

function searchSlices(files: CgroupFiles, tree: string, below: string, unit: string, depth: number): string | null {
  const entries = files.list(tree + below);
  if (entries.includes(unit)) return `${below}/${unit}`;
  if (depth === 0) return null;
  for (const slice of entries.filter((entry) => entry.endsWith('.slice'))) {
    const found = searchSlices(files, tree, `${below}/${slice}`, unit, depth - 1);
    if (found !== null) return found;
  }
  return null;
}

function textIn(
  files: CgroupFiles,
  tree: string | null,
  below: string,
  name: string,
  read: (text: string) => number | undefined,
): number | null {
  if (tree === null) return null;
  const text = files.readText(`${tree}${below}/${name}`);
  const value = text === null ? undefined : read(text.trim());
  return value === undefined || !Number.isFinite(value) ? null : value;
}
