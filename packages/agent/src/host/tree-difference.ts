/**
 * What is not as in a snapshot of the same file system, told without reading contents.
 *
 * A file of a btrfs snapshot has the inode number and the change time of its original, and nobody but the kernel sets a change time: so
 * what has both is the same file, untouched. What differs in them only is told too, and restoring it does no harm.
 * The live tree is walked by descriptor, because whoever is on the host may move directories meanwhile; the snapshot is root's alone.
 * Not looked at: `leftOut`, other file systems, and subvolumes inside the root.
 * Throws: `change_failed` for what differs and cannot be told of as text, because its name is not UTF-8, and where somebody put a
 * subvolume in the place of something else.
 */
import { isUtf8 } from 'node:buffer';
import { type BigIntStats, lstatSync, readdirSync } from 'node:fs';
import { setImmediate as othersTurn } from 'node:timers/promises';
import { GuiseError } from '@guise/model';
import { OpenDirectories } from './open-directories.ts';

export interface TreeDifference {
  /** Absolute paths that are to be as in the snapshot; of a directory that is gone or was none, everything below it too. */
  readonly changed: readonly string[];
  /** Directories whose mode, owner or times alone differ. */
  readonly attributes: readonly string[];
  /** What the snapshot does not have. */
  readonly extra: readonly string[];
}

/** What stands for a byte that is no character. */
const replacement = '\uFFFD';
/** Of the empty directory that stands for a subvolume in a snapshot of what is around it. */
const placeholderInode = 2n;

/** `mounts`: where other file systems are mounted. */
export async function treeDifference(
  snapshot: string,
  leftOut: ReadonlySet<string>,
  mounts: ReadonlySet<string>,
): Promise<TreeDifference> {
  const live = new OpenDirectories('/');
  const device = lstatSync('/').dev;
  const difference = { changed: [] as string[], attributes: [] as string[], extra: [] as string[] };
  const pending = ['/'];
  for (let directory = pending.pop(); directory !== undefined; directory = pending.pop()) {
    // Descriptors of a turn are closed with it, so a directory is read whole within one.
    await othersTurn();
    const open = live.open(directory);
    const [there, here] = [`${snapshot}${directory}`, open === null ? null : `/proc/self/fd/${open.descriptor}`];
    const before = new Set(readdirSync(there));
    const names = new Set([...before, ...(here === null ? [] : readdirSync(here))]);
    if ([...names].some((name) => name.includes(replacement)) && unnamed(there) !== unnamed(here))
      throw unnamedDiffer(directory);
    for (const name of names) {
      const path = directory === '/' ? `/${name}` : `${directory}/${name}`;
      if (leftOut.has(path)) continue;
      const seen = open === null ? undefined : look(OpenDirectories.entry(open, name));
      const was = before.has(name) ? look(`${snapshot}${path}`) : undefined;
      if (seen !== undefined && seen.dev !== BigInt(device)) {
        if (was !== undefined && was.ino !== placeholderInode && !mounts.has(path)) throw inThePlaceOf(path);
        continue;
      }
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

/** What has a name that is not UTF-8, with what tells that it is untouched. Never alike with a directory in it: what is below is not known. */
function unnamed(directory: string | null): string {
  if (directory === null) return '';
  const names = readdirSync(directory, { encoding: 'buffer' }).filter((name) => !isUtf8(name));
  return names
    .map((name) => {
      const seen = lstatSync(Buffer.concat([Buffer.from(`${directory}/`), name]), {
        bigint: true,
        throwIfNoEntry: false,
      });
      return `${name.toString('hex')} ${seen?.ino} ${seen?.ctimeNs} ${seen?.isDirectory() === true ? directory : ''}`;
    })
    .sort()
    .join('\n');
}

function unnamedDiffer(directory: string): GuiseError {
  return new GuiseError(
    'change_failed',
    `Cannot restore ${JSON.stringify(directory)}: something in it has a name that is not UTF-8 and is not as at the snapshot`,
  );
}

function inThePlaceOf(path: string): GuiseError {
  return new GuiseError(
    'change_failed',
    `Cannot restore ${JSON.stringify(path)}: a subvolume is in its place; move it elsewhere first`,
  );
}

function look(path: string): BigIntStats | undefined {
  return lstatSync(path, { bigint: true, throwIfNoEntry: false });
}
