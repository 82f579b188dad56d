/**
 * The port to where personas are kept. `folder` is the entry's, as the user named it; a path is relative to it, `/` between
 * names, without `.` and `..`. Reading must not follow links out of the folder.
 */
export interface PersonaReader {
  /** Null when absent. Throws: `path_unsafe`; `limit_exceeded` past `limits.fileSizeBytes`. */
  read(folder: string, path: string): Promise<Uint8Array | null>;
  /** Names in a folder below, `''` for the folder itself, for suggestions; empty when absent. */
  list(folder: string, path: string): Promise<readonly string[]>;
}

/** One folder of personas behind its reader. */
export class PersonaFolder {
  readonly #folder: string;
  readonly #reader: PersonaReader;

  constructor(folder: string, reader: PersonaReader) {
    this.#folder = folder;
    this.#reader = reader;
  }

  read(path: string): Promise<Uint8Array | null> {
    return this.#reader.read(this.#folder, path);
  }

  list(path: string): Promise<readonly string[]> {
    return this.#reader.list(this.#folder, path);
  }

  /** How messages call a path. */
  shown(path: string): string {
    if (this.#folder === '') return path;
    return this.#folder.endsWith('/') ? this.#folder + path : `${this.#folder}/${path}`;
  }
}
