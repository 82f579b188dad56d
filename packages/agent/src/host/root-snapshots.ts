/**
 * Whole snapshots of the root file system, where it is a btrfs subvolume and btrfs-progs are there.
 *
 * A snapshot is read-only, of one instant, and on disk when `take` resolves. File systems mounted below the root and subvolumes in it
 * are not in it. It is kept in the root itself, so a host that is made anew loses it.
 * Killed in `take`: what it left is removed by the next `take` or `remove` of the same path.
 * Throws: `limit_exceeded` when the disk is full; `command_failed` with what btrfs(8) said.
 * Source: btrfs-subvolume(8); statfs(2) for the magic number.
 */
import { lstatSync, statfsSync } from 'node:fs';
import { GuiseError } from '@guise/model';
import type { Host } from './host.ts';

const btrfsMagic = 0x9123683e;
/** Every subvolume's own directory has this inode. */
const subvolumeInode = 256;

export interface RootSnapshots {
  take(path: string): Promise<void>;
  remove(path: string): Promise<void>;
}

/** Null where the root cannot have any. `directory`: where they are to be. */
export function rootSnapshots(host: Host, directory: string): RootSnapshots | null {
  if (!host.live || !isSubvolumeOf('/', directory)) return null;
  const program = ['/usr/bin/btrfs', '/usr/sbin/btrfs', '/bin/btrfs', '/sbin/btrfs'].find(
    (path) => host.files.status(path).type === 'file',
  );
  if (program === undefined) return null;
  const btrfs = (...args: readonly string[]) => host.run([program, ...args]);
  const remove = async (path: string): Promise<void> => {
    if (lstatSync(path, { throwIfNoEntry: false }) !== undefined) await btrfs('subvolume', 'delete', path);
  };
  return {
    remove,
    take: async (path) => {
      await remove(path);
      try {
        await btrfs('subvolume', 'snapshot', '-r', '/', path);
      } catch (error) {
        if (!(error instanceof GuiseError) || !/No space left|quota exceeded/i.test(`${error.message} ${error.detail}`))
          throw error;
        throw new GuiseError('limit_exceeded', `Cannot make a snapshot: no space is left for it at ${path}`, {
          cause: error,
        });
      }
    },
  };
}

function isSubvolumeOf(root: string, directory: string): boolean {
  const { ino, dev } = lstatSync(root);
  if (ino !== subvolumeInode || statfsSync(root).type !== btrfsMagic) return false;
  return lstatSync(directory, { throwIfNoEntry: false })?.dev === dev;
}
