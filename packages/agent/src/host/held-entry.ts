/**
 * One entry of an open directory, held by its inode, so that what was looked at is what gets an owner and a mode.
 *
 * O_PATH opens nothing: no FIFO waits, no device notices, no link is followed, and a link itself can be held. chown(2) and
 * chmod(2) on `/proc/self/fd/N` then reach that inode and no other, whatever has taken its name since.
 * Throws: `path_unsafe` when the entry is no longer the only name of what is held: whoever owns the directory may have given
 * somebody else's file that name, or taken it away again.
 * Source: open(2) O_PATH; docs/adr/0010-paths-by-descriptor.md.
 */
import { chmodSync, chownSync, closeSync, constants, fstatSync, lstatSync, openSync, type Stats } from 'node:fs';
import { GuiseError } from '@guise/model';
import { modeBits } from './file-entry.ts';

/** Not among Node's constants; the same on every architecture that Node runs on. Source: asm-generic/fcntl.h. */
const pathOnly = 0o10000000;

export class HeldEntry {
  readonly stats: Stats;
  readonly #path: string;
  readonly #entry: string;
  readonly #inode: string;

  private constructor(path: string, entry: string, descriptor: number) {
    this.#path = path;
    this.#entry = entry;
    this.#inode = `/proc/self/fd/${descriptor}`;
    this.stats = fstatSync(descriptor);
  }

  /** `path` is for messages, `entry` for the kernel. Throws: the system's own error when nothing is there. */
  static use<T>(path: string, entry: string, body: (held: HeldEntry) => T): T {
    const descriptor = openSync(entry, pathOnly | constants.O_NOFOLLOW);
    try {
      return body(new HeldEntry(path, entry, descriptor));
    } finally {
      closeSync(descriptor);
    }
  }

  /**
   * Owner first: chown(2) clears the set-user-ID bit that the mode may ask for. A link has no mode.
   *
   * A file or link must have one name only, and this one: at the instant when both hold it cannot be somebody else's, and nobody who
   * could not write to it before can make it so. A directory has no second name.
   */
  own(mode: string, uid: number, gid: number): void {
    const bits = modeBits(mode);
    if (!this.stats.isDirectory()) this.#mustHaveThisNameOnly();
    chownSync(this.#inode, uid, gid);
    if (!this.stats.isSymbolicLink()) chmodSync(this.#inode, bits);
  }

  #mustHaveThisNameOnly(): void {
    const now = lstatSync(this.#entry, { throwIfNoEntry: false });
    if (now !== undefined && now.ino === this.stats.ino && now.dev === this.stats.dev && now.nlink === 1) return;
    throw new GuiseError(
      'path_unsafe',
      `Cannot change ${JSON.stringify(this.#path)}: somebody gave it another name, or gave its name to something else, just now`,
    );
  }
}
