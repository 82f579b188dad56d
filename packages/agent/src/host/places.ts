/**
 * Where paths lead: the entry of an open directory for each, and which file systems were written to through one.
 *
 * An entry is valid as long as its directory is open, which is until the event loop turns (see open-directories.ts).
 * Throws: `argument_invalid` for a path that names no entry; `change_failed` when its directory does not exist.
 */
import { createHash } from 'node:crypto';
import { fstatSync } from 'node:fs';
import { GuiseError } from '@guise/model';
import { unlinkIfThere } from './file-entry.ts';
import { OpenDirectories, type OpenDirectory } from './open-directories.ts';

/** An entry of an open directory, whether it exists or not. */
export interface Place {
  readonly directory: OpenDirectory;
  readonly name: string;
  /** The path for system calls. */
  readonly entry: string;
}

export class Places {
  readonly #directories: OpenDirectories;
  /** One directory per file system that was written to, by device number. */
  readonly #touched = new Map<number, string>();

  constructor(root: string) {
    this.#directories = new OpenDirectories(root);
  }

  /** Null when the directory is absent. */
  find(path: string): Place | null {
    if (path === '/') {
      const root = this.#directories.open('/')!;
      return { directory: root, name: '.', entry: OpenDirectories.entry(root, '.') };
    }
    const slash = path.lastIndexOf('/');
    const name = path.slice(slash + 1);
    const directory = this.#directories.open(slash <= 0 ? path.slice(0, slash + 1) : path.slice(0, slash));
    if (name === '' || name === '.' || name === '..' || name.includes('\0')) {
      throw new GuiseError(
        'argument_invalid',
        `Cannot use ${JSON.stringify(path)} as a path: it must not end in "/", "." or "..", and must not have a NUL`,
      );
    }
    return directory === null ? null : { directory, name, entry: OpenDirectories.entry(directory, name) };
  }

  existing(path: string): Place {
    const place = this.find(path);
    if (place !== null) return place;
    throw new GuiseError('change_failed', `Cannot change ${JSON.stringify(path)}: its directory does not exist`);
  }

  /** As `existing`, and its file system is one that was written to. */
  toChange(path: string): Place {
    const place = this.existing(path);
    this.touch(place);
    return place;
  }

  touch(place: Place): void {
    const device = fstatSync(place.directory.descriptor).dev;
    if (!this.#touched.has(device)) this.#touched.set(device, place.directory.path);
  }

  /** A directory of each file system that was written to since the last call, unless it was unmounted, which made it durable. */
  takeTouched(): readonly string[] {
    const paths = [...this.#touched].flatMap(([device, path]) => this.#stillOn(device, path) ?? []);
    this.#touched.clear();
    return paths;
  }

  directory(path: string): OpenDirectory | null {
    return this.#directories.open(path);
  }

  /** The target of a link, when it may be followed. Throws: `path_unsafe`. */
  followable(place: Place): string {
    return this.#directories.followable(place.directory, place.name);
  }

  /** Closes every directory. */
  forget(): void {
    this.#directories.forget();
  }

  /**
   * The highest directory above that is on this file system, because whoever owns a lower one could have its name lead elsewhere
   * before sync(1) looks; null when it was unmounted.
   */
  #stillOn(device: number, path: string): string | null {
    let highest: string | null = null;
    for (let at = path; ; at = at.slice(0, at.lastIndexOf('/')) || '/') {
      const directory = this.#directories.open(at);
      const isOn = directory !== null && fstatSync(directory.descriptor).dev === device;
      if (isOn) highest = directory.path;
      if (at === '/' || (directory !== null && !isOn)) return highest;
    }
  }
}

/** Does `body` with a name that is free; nothing keeps that name when it fails. */
export function throughTemporary(place: Place, body: (temporary: string) => void): void {
  const temporary = temporaryOf(place);
  unlinkIfThere(temporary);
  try {
    body(temporary);
  } catch (error) {
    unlinkIfThere(temporary);
    throw error;
  }
}

/** It follows from the name alone, so whoever finishes a killed run finds what was left. */
export function temporaryOf(place: Place): string {
  const hash = createHash('sha256').update(place.name).digest('hex').slice(0, 16);
  return OpenDirectories.entry(place.directory, `.guise-${hash}.tmp`);
}
