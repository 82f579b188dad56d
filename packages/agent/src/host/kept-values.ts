/**
 * Values that take long to make, kept on disk from one run to the next. Any of them may be gone at any time.
 *
 * One file a value, named by its key's digest, for its owner's eyes only. A file that belongs to somebody else, that others may write,
 * that is a link, or that does not hold what was written for this very key, is as good as none, and is replaced.
 * At most `limits.keptValues` of `limits.keptValueBytes` each; the one written longest ago goes first. Nothing here throws.
 */

import { hash } from 'node:crypto';
import {
  closeSync,
  constants,
  fstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { deserialize, serialize } from 'node:v8';
import { limits } from '@guise/model';

const othersMayWrite = 0o022;
const digestBytes = 32;

export interface KeptValuesOptions {
  /** Absolute; made when it is missing. */
  readonly directory: string;
  /** What the values follow from besides their keys: the code that made them. */
  readonly madeBy: string;
  /** Whose files count; default this process's user. */
  readonly owner?: number;
}

export class KeptValues {
  readonly #directory: string;
  readonly #madeBy: string;
  readonly #owner: number | undefined;

  constructor({ directory, madeBy, owner = process.geteuid?.() }: KeptValuesOptions) {
    this.#directory = directory;
    this.#madeBy = madeBy;
    this.#owner = owner;
  }

  /** Undefined when it is not there. The caller's types must be those of the code that put it, which `madeBy` names. */
  get(key: string): unknown {
    try {
      const bytes = this.#read(this.#pathOf(key));
      const body = bytes.subarray(digestBytes);
      if (!hash('sha256', body, 'buffer').equals(bytes.subarray(0, digestBytes))) return undefined;
      const [kept, value] = deserialize(body) as [string, unknown];
      return kept === this.#fullKey(key) ? value : undefined;
    } catch {
      return undefined;
    }
  }

  put(key: string, value: unknown): void {
    try {
      const body = serialize([this.#fullKey(key), value]);
      if (body.length > limits.keptValueBytes) return;
      mkdirSync(this.#directory, { recursive: true, mode: 0o700 });
      const path = this.#pathOf(key);
      const temporary = `${path}.${process.pid}`;
      rmSync(temporary, { force: true });
      writeFileSync(temporary, Buffer.concat([hash('sha256', body, 'buffer'), body]), { flag: 'wx', mode: 0o600 });
      renameSync(temporary, path);
      this.#removeOldest();
    } catch {
      // It is made again next time.
    }
  }

  #read(path: string): Buffer {
    const file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      const { uid, mode, size } = fstatSync(file);
      const isOurs =
        uid === this.#owner && (mode & othersMayWrite) === 0 && (mode & constants.S_IFMT) === constants.S_IFREG;
      if (!isOurs || size > limits.keptValueBytes + digestBytes) throw new Error('not a file of ours');
      return readFileSync(file);
    } finally {
      closeSync(file);
    }
  }

  #removeOldest(): void {
    const paths = readdirSync(this.#directory).map((name) => `${this.#directory}/${name}`);
    if (paths.length <= limits.keptValues) return;
    const byAge = paths
      .map((path) => ({ path, writtenMs: statSync(path).mtimeMs }))
      .sort((a, b) => a.writtenMs - b.writtenMs);
    for (const { path } of byAge.slice(0, paths.length - limits.keptValues)) rmSync(path, { force: true });
  }

  #fullKey(key: string): string {
    return `${this.#madeBy}\0${key}`;
  }

  #pathOf(key: string): string {
    return `${this.#directory}/${hash('sha256', this.#fullKey(key), 'hex')}`;
  }
}
