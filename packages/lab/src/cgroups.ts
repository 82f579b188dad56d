/**
 * Cgroups of this machine: made before a process enters, and the only record of what belongs to a host or a build.
 *
 * A process is killed because it is in a cgroup of ours at that moment, never because a file remembers its number.
 * Throws: `lab_failed` when a cgroup cannot be emptied within `limits.labKillTimeoutMs`, or the kernel refuses a limit.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { GuiseError, limits } from '@guise/model';
import {
  type CgroupLayout,
  type CgroupWrite,
  commandEntrances,
  delegationWrites,
  freezeWrite,
  type HostLimits,
  hostEntrances,
  limitWrites,
  parseCgroupLayout,
  treesOf,
} from './cgroup-layout.ts';
import { type CgroupUsage, parseUsage, usageFiles } from './cgroup-usage.ts';
import { leadsNamespace } from './namespace-leader.ts';

const pollMs = 10;

export class Cgroups {
  readonly #layout: CgroupLayout;

  constructor(layout: CgroupLayout = parseCgroupLayout(readFileSync('/proc/self/mountinfo', 'utf8'))) {
    this.#layout = layout;
  }

  /** Makes a cgroup in every tree; gives the directories that its first process has to enter. */
  create(path: string): readonly string[] {
    const entrances = hostEntrances(this.#layout, path);
    for (const entrance of entrances) mkdirSync(entrance, { recursive: true });
    for (const write of delegationWrites(this.#layout, path)) apply(write);
    return entrances;
  }

  /** The directories that a command run in a host has to enter. */
  commandEntrances(path: string): readonly string[] {
    const entrances = commandEntrances(this.#layout, path);
    for (const entrance of entrances) if (!existsSync(entrance)) mkdirSync(entrance);
    return entrances;
  }

  limit(path: string, wanted: HostLimits): void {
    for (const write of limitWrites(this.#layout, path, wanted)) apply(write);
  }

  usage(path: string): CgroupUsage {
    const { cpuStat, cpuUsed, memoryUsed, memoryStat } = usageFiles(this.#layout, path);
    return parseUsage(this.#layout.mode, {
      cpuStat: textOf(cpuStat),
      cpuUsed: textOf(cpuUsed),
      memoryUsed: textOf(memoryUsed),
      memoryStat: textOf(memoryStat),
    });
  }

  freeze(path: string, frozen: boolean): void {
    apply(freezeWrite(this.#layout, path, frozen));
  }

  isFrozen(path: string): boolean {
    const { file } = freezeWrite(this.#layout, path, true);
    return existsSync(file) && readFileSync(file, 'utf8').trim() === '1';
  }

  /** Process ids in this cgroup and all below it, in every tree. */
  pids(path: string): readonly number[] {
    return [...new Set(treesOf(this.#layout).flatMap((tree) => pidsBelow(join(tree, path))))];
  }

  /** Kills everything in this cgroup and removes it. Does nothing when there is none. */
  async destroy(path: string): Promise<void> {
    const trees = treesOf(this.#layout).map((tree) => join(tree, path));
    const deadline = Date.now() + limits.labKillTimeoutMs;
    while (trees.some((directory) => existsSync(directory))) {
      // With its first process a host ends whole, so that whoever is killed here leaves no half of one.
      for (const pid of leadersFirst(this.pids(path))) kill(pid);
      if (trees.map(removeBelow).every(Boolean)) return;
      if (Date.now() > deadline) {
        throw new GuiseError('lab_failed', `Cannot empty the cgroup ${path} within ${limits.labKillTimeoutMs} ms`);
      }
      await delay(pollMs);
    }
  }

  /** Removes a cgroup of which nothing is left but empty parents. */
  removeIfEmpty(path: string): void {
    for (const tree of treesOf(this.#layout)) removeDirectory(join(tree, path));
  }
}

function apply({ file, value, optional }: CgroupWrite): void {
  if (optional === true && !existsSync(file)) return;
  try {
    writeFileSync(file, value);
  } catch (cause) {
    throw new GuiseError('lab_failed', `Cannot write "${value}" to ${file}`, { cause });
  }
}

function leadersFirst(pids: readonly number[]): readonly number[] {
  const leaders = pids.filter(leadsNamespace);
  return [...leaders, ...pids.filter((pid) => !leaders.includes(pid))];
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended between being listed and being killed.
  }
}

function pidsBelow(directory: string): readonly number[] {
  const own = linesOf(join(directory, 'cgroup.procs')).map(Number);
  return [...own, ...directoriesIn(directory).flatMap((name) => pidsBelow(join(directory, name)))];
}

/** False when something is still inside. */
function removeBelow(directory: string): boolean {
  const emptied = directoriesIn(directory).map((name) => removeBelow(join(directory, name)));
  return emptied.every(Boolean) && removeDirectory(directory);
}

function removeDirectory(directory: string): boolean {
  try {
    rmdirSync(directory);
    return true;
  } catch {
    return !existsSync(directory);
  }
}

function directoriesIn(directory: string): readonly string[] {
  try {
    return readdirSync(directory, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => entry.name);
  } catch {
    return [];
  }
}

function linesOf(file: string): readonly string[] {
  return textOf(file)
    .split('\n')
    .filter((line) => line !== '');
}

/** Empty when there is no such file, or no longer. */
function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
