/**
 * Opens directories one component at a time, so that nobody can lead guise elsewhere by planting a link.
 *
 * Each component is opened with O_NOFOLLOW relative to the descriptor of the directory before it. Node has no openat(2), and
 * `/proc/self/fd/N/component` is the same thing. A symbolic link is followed only when it belongs to root (or to whoever runs
 * guise) and stands in a directory that nobody else can write: Debian's own `/bin` and `/var/run` are such links, and no such
 * link can be swapped between looking and following. Absolute links resolve inside the root.
 *
 * Descriptors stay open until the event loop turns: calls are synchronous, so a batch walks each directory once, and nothing
 * is remembered over a wait. `forget` closes them at once, for when a directory itself is moved or removed.
 * Throws: `argument_invalid` for a path that is not absolute and plain, `path_unsafe` on a link that must not be followed.
 * Source: openat(2); path_resolution(7); docs/adr/0010-paths-by-descriptor.md.
 */
import { closeSync, constants, fstatSync, lstatSync, openSync, readlinkSync } from 'node:fs';
import { GuiseError, limits } from '@guise/model';
import { isErrno } from './refusal.ts';

/** An open directory with the path that its links resolve to, seen from the root. */
export interface OpenDirectory {
  readonly path: string;
  readonly descriptor: number;
}

const directoryFlags = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;
const writableByOthers = 0o022;

export class OpenDirectories {
  readonly #root: string;
  readonly #open = new Map<string, OpenDirectory>();
  #closing: NodeJS.Immediate | null = null;

  /** `root` as the machine knows it; the operator's own word, so its links are followed. */
  constructor(root: string) {
    this.#root = root;
  }

  /** Null when the directory, or one on the way, is absent or is not a directory. The descriptor is valid until the event loop turns. */
  open(path: string): OpenDirectory | null {
    const known = this.#open.get(path);
    if (known !== undefined) return known;
    if (this.#open.size >= limits.openDirectories) this.forget();
    const found = this.#walk(path);
    if (found !== null) this.#keep(path, found);
    return found;
  }

  /** The name of an entry of an open directory, for calls that take a path. */
  static entry(directory: OpenDirectory, name: string): string {
    return `/proc/self/fd/${directory.descriptor}/${name}`;
  }

  /** The target of a link in `directory`, when it may be followed. */
  followable(directory: OpenDirectory, name: string): string {
    const link = OpenDirectories.entry(directory, name);
    const around = fstatSync(directory.descriptor);
    if (!trusted(around.uid) || (around.mode & writableByOthers) !== 0 || !trusted(lstatSync(link).uid)) {
      throw new GuiseError(
        'path_unsafe',
        `Cannot follow ${JSON.stringify(join(directory.path, name))}: it is a symbolic link that somebody other than root could have planted`,
      );
    }
    return readlinkSync(link);
  }

  forget(): void {
    for (const descriptor of new Set([...this.#open.values()].map((directory) => directory.descriptor)))
      closeSync(descriptor);
    this.#open.clear();
    if (this.#closing !== null) clearImmediate(this.#closing);
    this.#closing = null;
  }

  #walk(path: string): OpenDirectory | null {
    const pending = [...componentsOf(path)];
    const stack: OpenDirectory[] = [this.#rootDirectory()];
    let links = 0;
    for (let name = pending.shift(); name !== undefined; name = pending.shift()) {
      if (name === '..') {
        if (stack.length > 1) stack.pop();
        continue;
      }
      const parent = stack[stack.length - 1]!;
      const step = this.#step(parent, name);
      if (step === null) return null;
      if (typeof step !== 'string') {
        stack.push(step);
        continue;
      }
      links += 1;
      if (links > limits.linksFollowed) {
        throw new GuiseError(
          'path_unsafe',
          `Cannot open ${JSON.stringify(path)}: more than ${limits.linksFollowed} symbolic links lead to it`,
        );
      }
      if (step.startsWith('/')) stack.length = 1;
      pending.unshift(...step.split('/').filter((part) => part !== '' && part !== '.'));
    }
    return stack[stack.length - 1]!;
  }

  /** The directory `name` in `parent`, or where a link there leads, or null. */
  #step(parent: OpenDirectory, name: string): OpenDirectory | string | null {
    const path = join(parent.path, name);
    const known = this.#open.get(path);
    if (known !== undefined && known.path === path) return known;
    try {
      const directory = { path, descriptor: openSync(OpenDirectories.entry(parent, name), directoryFlags) };
      this.#keep(path, directory);
      return directory;
    } catch (error) {
      if (isErrno(error, 'ENOENT')) return null;
      if (!isErrno(error, 'ENOTDIR', 'ELOOP')) throw error;
      return this.#isLink(parent, name) ? this.followable(parent, name) : null;
    }
  }

  #isLink(parent: OpenDirectory, name: string): boolean {
    return lstatSync(OpenDirectories.entry(parent, name), { throwIfNoEntry: false })?.isSymbolicLink() ?? false;
  }

  #rootDirectory(): OpenDirectory {
    const known = this.#open.get('/');
    if (known !== undefined) return known;
    const root = { path: '/', descriptor: openSync(this.#root, constants.O_RDONLY | constants.O_DIRECTORY) };
    this.#keep('/', root);
    return root;
  }

  #keep(path: string, directory: OpenDirectory): void {
    this.#open.set(path, directory);
    this.#closing ??= setImmediate(() => this.forget());
  }
}

/** The components of an absolute path without `.`, `..` or empty ones. */
function componentsOf(path: string): readonly string[] {
  if (path === '/') return [];
  const parts = path.split('/');
  const plain = parts[0] === '' && parts.slice(1).every((part) => part !== '' && part !== '.' && part !== '..');
  if (!plain || path.includes('\0') || parts.length > limits.pathDepth) {
    throw new GuiseError(
      'argument_invalid',
      `Cannot use ${JSON.stringify(path.slice(0, 200))} as a path: it must be absolute, without ".", ".." or "//", at most ${limits.pathDepth} deep`,
    );
  }
  return parts.slice(1);
}

function join(directory: string, name: string): string {
  return directory === '/' ? `/${name}` : `${directory}/${name}`;
}

function trusted(uid: number): boolean {
  return uid === 0 || uid === process.geteuid?.();
}
