/**
 * The files of one root, by system calls on directory descriptors.
 *
 * Calls are synchronous on purpose: a hundred small files take some 15 ms, a trip through the thread pool for each step of each
 * would cost more, and with nothing in between no descriptor outlives its batch (see open-directories.ts).
 *
 * A write is a temporary file that gets owner and mode before it takes the name, so no reader ever sees a half. Its name follows
 * from the path: whoever finishes a killed run overwrites or removes the one file that can be left. Nothing is synced on the way;
 * `sync` makes all of it durable at once, and the engine calls that before it commits.
 *
 * Not preserved, because Node has no calls for them: extended attributes, ACLs, file capabilities, SELinux labels (a replaced file
 * gets those of a new file) and modification times. Replacing a file with several hard links is refused, because it would part them.
 * Source: rename(2); docs/adr/0010-paths-by-descriptor.md.
 */
import {
  closeSync,
  constants,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmdirSync,
  symlinkSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { posix } from 'node:path';
import { GuiseError, limits } from '@guise/model';
import type { FaultPoints } from './faults.ts';
import {
  absent,
  createFile,
  mustBeReplaceable,
  own,
  refuseLinked,
  refuseSpecial,
  statusOf,
  typeOf,
  unlinkIfThere,
} from './file-entry.ts';
import { HeldEntry } from './held-entry.ts';
import type { FileStatus, Files, FileWrite } from './host.ts';
import { Places, temporaryOf, throughTemporary } from './places.ts';
import { readWhole } from './read-whole.ts';
import { isErrno, refusal } from './refusal.ts';

const readFlags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
/** A FIFO without a reader is refused rather than waited for. */
const pokeFlags = constants.O_WRONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

export class LocalFiles implements Files {
  readonly #places: Places;
  readonly #points: FaultPoints;
  readonly #syncAll: (paths: readonly string[]) => Promise<void>;

  /** `syncAll` makes the file systems of these paths, seen from the root, durable. */
  constructor(root: string, points: FaultPoints, syncAll: (paths: readonly string[]) => Promise<void>) {
    this.#places = new Places(root);
    this.#points = points;
    this.#syncAll = syncAll;
  }

  status(path: string): FileStatus {
    return this.#reporting('look at', path, () => {
      const place = this.#places.find(path);
      const stats = place === null ? undefined : lstatSync(place.entry, { throwIfNoEntry: false });
      if (place === null || stats === undefined) return absent;
      return statusOf(stats, place.entry);
    });
  }

  read(path: string): Uint8Array | null {
    return this.#reporting('read', path, () => {
      let place = this.#places.find(path);
      for (let links = 0; place !== null && links <= limits.linksFollowed; links += 1) {
        try {
          return readWhole(openSync(place.entry, readFlags), path);
        } catch (error) {
          if (isErrno(error, 'ENOENT')) return null;
          if (!isErrno(error, 'ELOOP')) throw error;
        }
        const target = this.#places.followable(place);
        place = this.#places.find(posix.resolve(place.directory.path, target));
      }
      return null;
    });
  }

  readText(path: string): string | null {
    const bytes = this.read(path);
    return bytes === null ? null : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
  }

  list(path: string): readonly string[] {
    return this.#reporting('list', path, () => {
      const directory = this.#places.directory(path);
      return directory === null ? [] : readdirSync(`/proc/self/fd/${directory.descriptor}`).sort();
    });
  }

  write(file: FileWrite): void {
    this.#reporting('write', file.path, () => {
      if (file.content.byteLength > limits.fileSizeBytes) {
        throw new GuiseError(
          'limit_exceeded',
          `Cannot write ${JSON.stringify(file.path)}: it may have ${limits.fileSizeBytes} bytes at most`,
        );
      }
      const place = this.#places.toChange(file.path);
      mustBeReplaceable(file.path, place.entry);
      throughTemporary(place, (temporary) => {
        createFile(temporary, file.content, (descriptor) => own(descriptor, file.mode, file.uid, file.gid));
        this.#points.point(`half of write ${file.path}`);
        renameSync(temporary, place.entry);
      });
    });
  }

  claim(path: string, content: string): boolean {
    return this.#reporting('create', path, () => {
      const place = this.#places.toChange(path);
      let claimed = false;
      throughTemporary(place, (temporary) => {
        createFile(temporary, Buffer.from(content), () => undefined);
        this.#points.point(`half of claim ${path}`);
        try {
          linkSync(temporary, place.entry);
          claimed = true;
        } catch (error) {
          if (!isErrno(error, 'EEXIST')) throw error;
        }
        unlinkSync(temporary);
      });
      return claimed;
    });
  }

  makeDirectory(path: string, mode: string, uid: number, gid: number): void {
    this.#reporting('make directory', path, () => {
      const place = this.#places.toChange(path);
      try {
        mkdirSync(place.entry, 0o700);
      } catch (error) {
        if (!isErrno(error, 'EEXIST')) throw error;
      }
      const descriptor = openSync(place.entry, readFlags | constants.O_DIRECTORY);
      try {
        own(descriptor, mode, uid, gid);
      } finally {
        closeSync(descriptor);
      }
    });
  }

  makeSymlink(path: string, target: string, uid: number, gid: number): void {
    this.#reporting('link', path, () => {
      const place = this.#places.toChange(path);
      mustBeReplaceable(path, place.entry);
      throughTemporary(place, (temporary) => {
        symlinkSync(target, temporary);
        HeldEntry.use(path, temporary, (held) => {
          // Whoever owns the directory may have put something else there since.
          if (!held.stats.isSymbolicLink()) throw refuseSpecial(path);
          held.own('0777', uid, gid);
        });
        this.#points.point(`half of link ${path}`);
        renameSync(temporary, place.entry);
      });
      this.#places.forget();
    });
  }

  setOwnership(path: string, mode: string, uid: number, gid: number): void {
    this.#reporting('set owner and mode of', path, () => {
      const place = this.#places.toChange(path);
      HeldEntry.use(path, place.entry, (held) => {
        if (typeOf(held.stats) === 'other') throw refuseSpecial(path);
        if (held.stats.isFile() && held.stats.nlink > 1) throw refuseLinked(path);
        held.own(mode, uid, gid);
      });
    });
  }

  rename(from: string, to: string): void {
    this.#reporting('rename', from, () => {
      renameSync(this.#places.toChange(from).entry, this.#places.toChange(to).entry);
      this.#places.forget();
    });
  }

  remove(path: string): void {
    this.#reporting('remove', path, () => {
      const place = this.#places.find(path);
      const stats = place === null ? undefined : lstatSync(place.entry, { throwIfNoEntry: false });
      if (place === null || stats === undefined) return;
      if (typeOf(stats) === 'other') throw refuseSpecial(path);
      this.#places.touch(place);
      if (stats.isDirectory()) rmdirSync(place.entry);
      else unlinkSync(place.entry);
      this.#places.forget();
    });
  }

  discardTemporary(path: string): void {
    this.#reporting('remove what was left of', path, () => {
      const place = this.#places.find(path);
      if (place !== null) unlinkIfThere(temporaryOf(place));
    });
  }

  poke(path: string, text: string): void {
    this.#reporting('set', path, () => {
      const descriptor = openSync(this.#places.existing(path).entry, pokeFlags);
      try {
        writeSync(descriptor, text);
      } finally {
        closeSync(descriptor);
      }
    });
  }

  /** Before others look at the tree: they may want to unmount. */
  closeDirectories(): void {
    this.#places.forget();
  }

  async sync(): Promise<void> {
    const paths = this.#places.takeTouched();
    if (paths.length > 0) await this.#syncAll(paths);
  }

  #reporting<T>(operation: string, path: string, body: () => T): T {
    try {
      return body();
    } catch (error) {
      throw refusal(operation, path, error);
    }
  }
}
