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
  statfsSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { GuiseError, limits } from '@guise/model';
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
  const doomed = pathsIn(pool, listing)
    .filter((path) => roots.some((root) => path === root || path.startsWith(`${root}/`)))
    .sort((a, b) => b.length - a.length);
  if (doomed.length > 0) await execute(['btrfs', '--quiet', 'subvolume', 'delete', ...doomed]);
}

/** A copy costs only what will differ; there must be room for that. Throws: `limit_exceeded`. */
export function requireRoom({ mountPoint }: PoolPaths, what: string): void {
  const { bavail, bsize } = statfsSync(mountPoint);
  if (bavail * bsize >= limits.labPoolReserveBytes) return;
  const [free, reserve] = [bavail * bsize, limits.labPoolReserveBytes].map((bytes) => Math.floor(bytes / 1024 ** 2));
  throw new GuiseError('limit_exceeded', `Cannot ${what}: ${free} MiB are free, and ${reserve} MiB must be`);
}

export async function snapshotSubvolume(from: string, to: string, execute: Execute, mode?: 'read-only'): Promise<void> {
  mkdirSync(dirname(to), { recursive: true, mode: 0o700 });
  const flags = mode === 'read-only' ? ['-r'] : [];
  await execute(['btrfs', '--quiet', 'subvolume', 'snapshot', ...flags, from, to]);
}

/** Subvolumes that a host made inside its root: a snapshot leaves them out. */
export async function subvolumesInside(pool: PoolPaths, root: string, execute: Execute): Promise<readonly string[]> {
  const listing = await execute(['btrfs', 'subvolume', 'list', pool.mountPoint]);
  return pathsIn(pool, listing).filter((path) => path.startsWith(`${root}/`));
}

/** Names of labs that exist, up or half-made. */
export function labsIn(pool: PoolPaths): readonly string[] {
  return existsSync(pool.labs) ? readdirSync(pool.labs) : [];
}

function pathsIn({ mountPoint }: PoolPaths, listing: string): readonly string[] {
  return listing
    .split('\n')
    .flatMap((line) => / path (.*)$/.exec(line)?.[1] ?? [])
    .map((path) => join(mountPoint, path));
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
