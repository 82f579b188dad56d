/**
 * The btrfs filesystem in which hosts live: one sparse file for all labs of a directory, mounted while any of them is up.
 *
 * Every function expects the caller to hold the pool's lock.
 * Source: btrfs-subvolume(8); mount(8) "loop" (the loop device goes away with the mount).
 */
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { limits } from '@guise/model';
import type { Execute } from './command.ts';
import type { PoolPaths } from './names.ts';

const pollMs = 100;

export async function openPool(pool: PoolPaths, execute: Execute): Promise<void> {
  if (!existsSync(pool.image)) await makeImage(pool.image, execute);
  if (isMounted(pool.mountPoint)) return;
  mkdirSync(pool.mountPoint, { recursive: true, mode: 0o700 });
  await execute(['mount', '-o', 'loop,noatime', pool.image, pool.mountPoint]);
}

/** Unmounts; a host that was killed a moment ago may still hold the filesystem, so this tries for a while. */
export async function closePool(pool: PoolPaths, execute: Execute): Promise<void> {
  const deadline = Date.now() + limits.labKillTimeoutMs;
  while (isMounted(pool.mountPoint)) {
    try {
      await execute(['umount', pool.mountPoint]);
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await delay(pollMs);
    }
  }
  if (existsSync(pool.mountPoint)) rmdirSync(pool.mountPoint);
}

/** Deletes subvolumes, and those that hosts made inside them, deepest first. Paths that do not exist are fine. */
export async function deleteSubvolumes(pool: PoolPaths, roots: readonly string[], execute: Execute): Promise<void> {
  const listing = await execute(['btrfs', 'subvolume', 'list', pool.mountPoint]);
  const doomed = listing
    .split('\n')
    .flatMap((line) => / path (.*)$/.exec(line)?.[1] ?? [])
    .map((path) => join(pool.mountPoint, path))
    .filter((path) => roots.some((root) => path === root || path.startsWith(`${root}/`)))
    .sort((a, b) => b.length - a.length);
  if (doomed.length > 0) await execute(['btrfs', '--quiet', 'subvolume', 'delete', ...doomed]);
}

export async function snapshotSubvolume(from: string, to: string, execute: Execute): Promise<void> {
  mkdirSync(dirname(to), { recursive: true, mode: 0o700 });
  await execute(['btrfs', '--quiet', 'subvolume', 'snapshot', from, to]);
}

/** Names of labs that exist, up or half-made. */
export function labsIn(pool: PoolPaths): readonly string[] {
  return existsSync(pool.labs) ? readdirSync(pool.labs) : [];
}

function isMounted(mountPoint: string): boolean {
  const escaped = mountPoint.replaceAll(' ', '\\040');
  return readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .some((line) => line.split(' ')[4] === escaped);
}

async function makeImage(image: string, execute: Execute): Promise<void> {
  const partial = `${image}.partial`;
  mkdirSync(dirname(image), { recursive: true, mode: 0o700 });
  rmSync(partial, { force: true });
  writeFileSync(partial, '', { mode: 0o600 });
  truncateSync(partial, limits.labPoolSizeBytes);
  await execute(['mkfs.btrfs', '--quiet', '--metadata', 'single', partial]);
  renameSync(partial, image);
}
