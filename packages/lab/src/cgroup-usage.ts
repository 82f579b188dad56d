/**
 * What a cgroup has used, from the text of its files, as a pure function.
 *
 * Memory is what could not be had back at once: all of it without the pages of files that are not in use.
 * Source: the kernel's Documentation/admin-guide/cgroup-v2.rst, and cgroup-v1/{cpuacct,memory}.rst.
 */
import { join } from 'node:path';
import type { CgroupLayout } from './cgroup-layout.ts';

export interface CgroupUsage {
  readonly cpuSeconds: number;
  readonly memoryMb: number;
  /** In which it wanted to run and its limit kept it from it. */
  readonly throttledSeconds: number;
}

/** Which files tell, and by which name each is asked for. */
export function usageFiles(layout: CgroupLayout, path: string) {
  const { cpu, cpuacct, memory } =
    layout.mode === 'unified'
      ? { cpu: layout.tracking, cpuacct: layout.tracking, memory: layout.tracking }
      : { cpu: layout.cpu, cpuacct: layout.cpuacct, memory: layout.memory };
  const isUnified = layout.mode === 'unified';
  return {
    cpuStat: join(cpu, path, 'cpu.stat'),
    cpuUsed: join(cpuacct, path, isUnified ? 'cpu.stat' : 'cpuacct.usage'),
    memoryUsed: join(memory, path, isUnified ? 'memory.current' : 'memory.usage_in_bytes'),
    memoryStat: join(memory, path, 'memory.stat'),
  };
}

/** A file that is missing counts as empty: a host that does not run has used nothing. */
export function parseUsage(
  mode: CgroupLayout['mode'],
  text: { readonly [File in keyof ReturnType<typeof usageFiles>]: string },
): CgroupUsage {
  const isUnified = mode === 'unified';
  const cached = fieldOf(text.memoryStat, isUnified ? 'inactive_file' : 'total_inactive_file');
  return {
    cpuSeconds: isUnified ? fieldOf(text.cpuUsed, 'usage_usec') / 1e6 : Number(text.cpuUsed) / 1e9,
    memoryMb: Math.max(Number(text.memoryUsed) - cached, 0) / 1024 ** 2,
    throttledSeconds: isUnified
      ? fieldOf(text.cpuStat, 'throttled_usec') / 1e6
      : fieldOf(text.cpuStat, 'throttled_time') / 1e9,
  };
}

function fieldOf(text: string, name: string): number {
  return Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(text)?.[1] ?? 0);
}
