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
import { createHash } from 'node:crypto';
import {
  closeSync,
  constants,
  fstatSync,
  lchownSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readlinkSync,
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
  createFile,
  mustBeReplaceable,
  own,
  refuseLinked,
  refuseSpecial,
  typeOf,
  unlinkIfThere,
} from './file-entry.ts';
import type { FileStatus, Files, FileWrite } from './host.ts';
import { OpenDirectories, type OpenDirectory } from './open-directories.ts';
import { readWhole } from './read-whole.ts';
import { isErrno, refusal } from './refusal.ts';

const readFlags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
const pokeFlags = constants.O_WRONLY | constants.O_NOFOLLOW;

const absent: FileStatus = { type: 'absent', mode: null, uid: 0, gid: 0, sizeBytes: 0, mtimeMs: 0, target: null };

/** An entry of an open directory, whether it exists or not. */
interface Place {
  readonly directory: OpenDirectory;
  readonly name: string;
  readonly entry: string;
}

export class LocalFiles implements Files {
  readonly #directories: OpenDirectories;
  readonly #points: FaultPoints;
  readonly #syncAll: (paths: readonly string[]) => Promise<void>;
  /** One directory per file system that was written to, by device number. */
  readonly #touched = new Map<number, string>();

  /** `syncAll` makes the file systems of these paths, seen from the root, durable. */
  constructor(root: string, points: FaultPoints, syncAll: (paths: readonly string[]) => Promise<void>) {
    this.#directories = new OpenDirectories(root);
    this.#points = points;
    this.#syncAll = syncAll;
  }

  status(path: string): FileStatus {
    return this.#reporting('look at', path, () => {
      const place = this.#place(path);
      const stats = place === null ? undefined : lstatSync(place.entry, { throwIfNoEntry: false });
      if (place === null || stats === undefined) return absent;
      const type = typeOf(stats);
      return {
        type,
        mode: (stats.mode & 0o7777).toString(8).padStart(4, '0'),
        uid: stats.uid,
        gid: stats.gid,
        sizeBytes: stats.size,
        mtimeMs: stats.mtimeMs,
        target: type === 'symlink' ? readlinkSync(place.entry) : null,
      };
    });
  }

  read(path: string): Uint8Array | null {
    return this.#reporting('read', path, () => {
      let place = this.#place(path);
      for (let links = 0; place !== null && links <= limits.linksFollowed; links += 1) {
        try {
          return readWhole(openSync(place.entry, readFlags), path);
        } catch (error) {
          if (isErrno(error, 'ENOENT')) return null;
          if (!isErrno(error, 'ELOOP')) throw error;
        }
        const target = this.#directories.followable(place.directory, place.name);
        place = this.#place(posix.resolve(place.directory.path, target));
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
      const directory = this.#directories.open(path);
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
      const place = this.#existingPlace(file.path);
      mustBeReplaceable(file.path, place.entry);
      this.#throughTemporary(place, (temporary) => {
        createFile(temporary, file.content, (descriptor) => own(descriptor, file.mode, file.uid, file.gid));
        this.#points.point(`half of write ${file.path}`);
        renameSync(temporary, place.entry);
      });
    });
  }

  claim(path: string, content: string): boolean {
    return this.#reporting('create', path, () => {
      const place = this.#existingPlace(path);
      let claimed = false;
      this.#throughTemporary(place, (temporary) => {
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
      const place = this.#existingPlace(path);
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
      const place = this.#existingPlace(path);
      mustBeReplaceable(path, place.entry);
      this.#throughTemporary(place, (temporary) => {
        symlinkSync(target, temporary);
        lchownSync(temporary, uid, gid);
        this.#points.point(`half of link ${path}`);
        renameSync(temporary, place.entry);
      });
      this.#directories.forget();
    });
  }

  setOwnership(path: string, mode: string, uid: number, gid: number): void {
    this.#reporting('set owner and mode of', path, () => {
      const place = this.#existingPlace(path);
      const stats = lstatSync(place.entry);
      if (stats.isSymbolicLink()) return lchownSync(place.entry, uid, gid);
      if (typeOf(stats) === 'other') throw refuseSpecial(path);
      const descriptor = openSync(place.entry, readFlags);
      try {
        // The open file, not the one that was looked at: a link to another's file may have taken the name since.
        if (fstatSync(descriptor).isFile() && fstatSync(descriptor).nlink > 1) throw refuseLinked(path);
        own(descriptor, mode, uid, gid);
      } finally {
        closeSync(descriptor);
      }
    });
  }

  rename(from: string, to: string): void {
    this.#reporting('rename', from, () => {
      renameSync(this.#existingPlace(from).entry, this.#existingPlace(to).entry);
      this.#directories.forget();
    });
  }

  remove(path: string): void {
    this.#reporting('remove', path, () => {
      const place = this.#place(path);
      const stats = place === null ? undefined : lstatSync(place.entry, { throwIfNoEntry: false });
      if (place === null || stats === undefined) return;
      if (typeOf(stats) === 'other') throw refuseSpecial(path);
      this.#touch(place);
      if (stats.isDirectory()) rmdirSync(place.entry);
      else unlinkSync(place.entry);
      this.#directories.forget();
    });
  }

  discardTemporary(path: string): void {
    this.#reporting('remove what was left of', path, () => {
      const place = this.#place(path);
      if (place !== null) unlinkIfThere(temporaryOf(place));
    });
  }

  poke(path: string, text: string): void {
    this.#reporting('set', path, () => {
      const descriptor = openSync(this.#existingPlace(path, false).entry, pokeFlags);
      try {
        writeSync(descriptor, text);
      } finally {
        closeSync(descriptor);
      }
    });
  }

  /** Before others look at the tree: they may want to unmount. */
  closeDirectories(): void {
    this.#directories.forget();
  }

  async sync(): Promise<void> {
    const paths = [...this.#touched].flatMap(([device, path]) => this.#stillOn(device, path) ?? []);
    this.#touched.clear();
    if (paths.length > 0) await this.#syncAll(paths);
  }

  /** The directory, or the nearest one above that exists, on this file system; null when it was unmounted, which made it durable. */
  #stillOn(device: number, path: string): string | null {
    for (let at = path; ; at = at.slice(0, at.lastIndexOf('/')) || '/') {
      const directory = this.#directories.open(at);
      if (directory !== null) return fstatSync(directory.descriptor).dev === device ? directory.path : null;
    }
  }

  /** Does `body` with a name that is free; nothing keeps that name when it fails. */
  #throughTemporary(place: Place, body: (temporary: string) => void): void {
    const temporary = temporaryOf(place);
    unlinkIfThere(temporary);
    try {
      body(temporary);
    } catch (error) {
      unlinkIfThere(temporary);
      throw error;
    }
  }

  #place(path: string): Place | null {
    if (path === '/') {
      const root = this.#directories.open('/')!;
      return { directory: root, name: '.', entry: OpenDirectories.entry(root, '.') };
    }
    const slash = path.lastIndexOf('/');
    const name = path.slice(slash + 1);
    const directory = this.#directories.open(slash <= 0 ? path.slice(0, slash + 1) : path.slice(0, slash));
    if (name === '' || name === '.' || name === '..') {
      throw new GuiseError(
        'argument_invalid',
        `Cannot use ${JSON.stringify(path)} as a path: it must not end in "/", "." or ".."`,
      );
    }
    return directory === null ? null : { directory, name, entry: OpenDirectories.entry(directory, name) };
  }

  #existingPlace(path: string, durable = true): Place {
    const place = this.#place(path);
    if (place === null) {
      throw new GuiseError('change_failed', `Cannot change ${JSON.stringify(path)}: its directory does not exist`);
    }
    if (durable) this.#touch(place);
    return place;
  }

  #touch(place: Place): void {
    const device = fstatSync(place.directory.descriptor).dev;
    if (!this.#touched.has(device)) this.#touched.set(device, place.directory.path);
  }

  #reporting<T>(operation: string, path: string, body: () => T): T {
    try {
      return body();
    } catch (error) {
      throw refusal(operation, path, error);
    }
  }
}

function temporaryOf(place: Place): string {
  const hash = createHash('sha256').update(place.name).digest('hex').slice(0, 16);
  return OpenDirectories.entry(place.directory, `.guise-${hash}.tmp`);
}
