/**
 * What is not as in a snapshot of the same file system, told without reading contents.
 *
 * A file of a btrfs snapshot has the inode number and the change time of its original, and nobody but the kernel sets a change time: so
 * what has both is the same file, untouched. What differs in them only is told too, and restoring it does no harm.
 * The live tree is walked by descriptor, because whoever is on the host may move directories meanwhile; the snapshot is root's alone.
 * Not looked at: `leftOut`, other file systems, and subvolumes inside the root.
 */
import { type BigIntStats, lstatSync, readdirSync } from 'node:fs';
import { setImmediate as othersTurn } from 'node:timers/promises';
import { OpenDirectories } from './open-directories.ts';

export interface TreeDifference {
  /** Absolute paths that are to be as in the snapshot; of a directory that is gone or was none, everything below it too. */
  readonly changed: readonly string[];
  /** Directories whose mode, owner or times alone differ. */
  readonly attributes: readonly string[];
  /** What the snapshot does not have. */
  readonly extra: readonly string[];
}

export async function treeDifference(snapshot: string, leftOut: ReadonlySet<string>): Promise<TreeDifference> {
  const live = new OpenDirectories('/');
  const device = lstatSync('/').dev;
  const difference = { changed: [] as string[], attributes: [] as string[], extra: [] as string[] };
  const pending = ['/'];
  for (let directory = pending.pop(); directory !== undefined; directory = pending.pop()) {
    // Descriptors of a turn are closed with it, so a directory is read whole within one.
    await othersTurn();
    const open = live.open(directory);
    const before = new Set(readdirSync(`${snapshot}${directory}`));
    const now = open === null ? [] : readdirSync(`/proc/self/fd/${open.descriptor}`);
    for (const name of new Set([...before, ...now])) {
      const path = directory === '/' ? `/${name}` : `${directory}/${name}`;
      if (leftOut.has(path)) continue;
      const seen = open === null ? undefined : look(OpenDirectories.entry(open, name));
      if (seen !== undefined && seen.dev !== BigInt(device)) continue;
      const was = before.has(name) ? look(`${snapshot}${path}`) : undefined;
      if (was === undefined) {
        if (seen !== undefined) difference.extra.push(path);
      } else if (seen?.isDirectory() === true && was.isDirectory()) {
        if (seen.mode !== was.mode || seen.uid !== was.uid || seen.gid !== was.gid) difference.attributes.push(path);
        pending.push(path);
      } else if (seen === undefined || seen.ino !== was.ino || seen.ctimeNs !== was.ctimeNs)
        difference.changed.push(path);
    }
  }
  return difference;
}

function look(path: string): BigIntStats | undefined {
  return lstatSync(path, { bigint: true, throwIfNoEntry: false });
}
