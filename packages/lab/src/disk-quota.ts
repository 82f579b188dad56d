/**
 * Makes one host's disk full while its neighbours on the same filesystem keep theirs.
 *
 * A quota below what the host already uses fails each write that needs new space. Quotas slow the whole filesystem, so they are
 * on only while some host needs them. Every function expects the caller to hold the pool's lock.
 * Source: btrfs-quota(8); btrfs-qgroup(8).
 */
import { existsSync } from 'node:fs';
import type { Execute } from './command.ts';
import type { PoolPaths } from './names.ts';

export async function fillDisk(pool: PoolPaths, root: string, execute: Execute): Promise<void> {
  await execute(['btrfs', 'quota', 'enable', pool.mountPoint]);
  await execute(['btrfs', 'quota', 'rescan', '-w', pool.mountPoint]);
  await setQuota(pool, root, '1', execute);
}

/** Does nothing when the disk was not full. */
export async function freeDisk(pool: PoolPaths, root: string, execute: Execute): Promise<void> {
  if (!existsSync(root) || (await limitedQuotas(pool, execute)).length === 0) return;
  await setQuota(pool, root, 'none', execute);
  if ((await limitedQuotas(pool, execute)).length === 0) await execute(['btrfs', 'quota', 'disable', pool.mountPoint]);
}

/** For when no host is left: quotas of hosts that were removed while their disk was full are still there. */
export async function removeQuotas(pool: PoolPaths, execute: Execute): Promise<void> {
  if ((await quotaTable(pool, execute)) !== '') await execute(['btrfs', 'quota', 'disable', pool.mountPoint]);
}

/** Names the quota by its number: naming it by the host's root would be a write there, which is what the quota forbids. */
async function setQuota(pool: PoolPaths, root: string, size: '1' | 'none', execute: Execute): Promise<void> {
  const id = (await execute(['btrfs', 'inspect-internal', 'rootid', root])).trim();
  await execute(['btrfs', 'qgroup', 'limit', size, `0/${id}`, pool.mountPoint]);
}

async function limitedQuotas(pool: PoolPaths, execute: Execute): Promise<readonly string[]> {
  const rows = (await quotaTable(pool, execute)).split('\n').map((line) => line.trim().split(/\s+/));
  return rows.flatMap(([id = '', , , greatest = 'none']) => (/^0\/\d+$/.test(id) && greatest !== 'none' ? [id] : []));
}

/** Columns: id, referenced, exclusive, greatest referenced, and in later versions the path. Empty when quotas are off. */
async function quotaTable(pool: PoolPaths, execute: Execute): Promise<string> {
  return await execute(['btrfs', 'qgroup', 'show', '--raw', '-r', pool.mountPoint]).catch(() => '');
}
