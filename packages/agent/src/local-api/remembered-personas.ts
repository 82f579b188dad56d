/**
 * Persona files as resolved personas, parsed again only when one of the files that went into them has changed.
 *
 * What a persona was made of is read again each time and compared as bytes, so an edit is never missed, whatever its time stamp says.
 * At most `limits.personasRemembered` are kept; the one not asked for longest goes first.
 */
import type { PersonaReader, ResolvedPersona } from '@guise/model';
import { limits } from '@guise/model';

interface Reading {
  readonly folder: string;
  readonly path: string;
  readonly bytes: Uint8Array | null;
}

interface Remembered {
  readonly readings: readonly Reading[];
  readonly persona: ResolvedPersona;
}

export class RememberedPersonas {
  readonly #reader: PersonaReader;
  readonly #byPath = new Map<string, Remembered>();

  constructor(reader: PersonaReader) {
    this.#reader = reader;
  }

  /** `path` is absolute. Throws: what `resolvePersona` throws. */
  async resolve(path: string): Promise<ResolvedPersona> {
    const known = this.#byPath.get(path);
    const remembered = known !== undefined && (await this.#isUnchanged(known)) ? known : await this.#read(path);
    this.#byPath.delete(path);
    this.#byPath.set(path, remembered);
    const [oldest] = this.#byPath.keys();
    if (oldest !== undefined && this.#byPath.size > limits.personasRemembered) this.#byPath.delete(oldest);
    return remembered.persona;
  }

  async #read(path: string): Promise<Remembered> {
    const { resolvePersona } = await import('@guise/model/documents');
    const readings: Reading[] = [];
    const persona = await resolvePersona(path, {
      list: (folder, inside) => this.#reader.list(folder, inside),
      read: async (folder, inside) => {
        const bytes = await this.#reader.read(folder, inside);
        readings.push({ folder, path: inside, bytes });
        return bytes;
      },
    });
    return { readings, persona };
  }

  async #isUnchanged({ readings }: Remembered): Promise<boolean> {
    for (const { folder, path, bytes } of readings) {
      const now = await this.#reader.read(folder, path);
      if (now === null || bytes === null ? now !== bytes : Buffer.compare(now, bytes) !== 0) return false;
    }
    return true;
  }
}
