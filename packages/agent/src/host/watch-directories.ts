/**
 * Tells when one of some names in some directories changed, once per burst, by inotify.
 *
 * A directory that cannot be watched (it is not there, the kernel's watches are used up) is left out: whoever watches also looks
 * from time to time. At most `limits.watchedDirectories` are watched.
 * Source: inotify(7); node:fs `watch`.
 */
import { type FSWatcher, watch } from 'node:fs';
import { limits } from '@guise/model';

/** Directory → the names in it that matter; null when all do. */
export type Watched = ReadonlyMap<string, ReadonlySet<string> | null>;

export class DirectoryWatch {
  readonly #watchers = new Map<string, FSWatcher>();
  readonly #onChange: () => void;
  #watched: Watched = new Map();
  #settling: NodeJS.Timeout | undefined;

  constructor(onChange: () => void) {
    this.#onChange = onChange;
  }

  /** Exactly these from now on. */
  set(watched: Watched): void {
    this.#watched = watched;
    for (const directory of this.#watchers.keys()) if (!watched.has(directory)) this.#drop(directory);
    for (const directory of watched.keys()) this.#add(directory);
  }

  get directories(): readonly string[] {
    return [...this.#watchers.keys()];
  }

  close(): void {
    clearTimeout(this.#settling);
    this.set(new Map());
  }

  #add(directory: string): void {
    if (this.#watchers.has(directory) || this.#watchers.size >= limits.watchedDirectories) return;
    try {
      const watcher = watch(directory, { persistent: false }, (_, name) => this.#changed(directory, name));
      watcher.on('error', () => this.#drop(directory));
      this.#watchers.set(directory, watcher);
    } catch {
      // Looked at from time to time instead.
    }
  }

  #drop(directory: string): void {
    this.#watchers.get(directory)?.close();
    this.#watchers.delete(directory);
  }

  #changed(directory: string, name: string | null): void {
    const names = this.#watched.get(directory) ?? null;
    if (names !== null && name !== null && !names.has(name)) return;
    this.#settling ??= setTimeout(() => {
      this.#settling = undefined;
      this.#onChange();
    }, limits.watchSettleMs).unref();
  }
}
