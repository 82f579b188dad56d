/**
 * Persona files as resolved personas, parsed again only when one of the files that went into them has changed.
 *
 * What a persona was made of is read again each time and compared by digest, so an edit is never missed, whatever its time stamp says.
 * At most `limits.personasRemembered` are in memory; the one not asked for longest goes first. What is kept on disk is compared likewise.
 */
import type { PersonaReader, ResolvedPersona } from '@guise/model';
import { limits } from '@guise/model';
import { digestOf } from '../host/digest.ts';
import type { KeptValues } from '../host/kept-values.ts';
import type { MakeElsewhere } from '../make-elsewhere.ts';

interface Reading {
  readonly folder: string;
  readonly path: string;
  /** Null when there was no such file. */
  readonly digest: string | null;
}

interface Remembered {
  readonly readings: readonly Reading[];
  readonly persona: ResolvedPersona;
}

export class RememberedPersonas {
  readonly #reader: PersonaReader;
  readonly #kept: KeptValues | null;
  readonly #elsewhere: MakeElsewhere | null;
  readonly #byPath = new Map<string, Remembered>();

  constructor(reader: PersonaReader, kept: KeptValues | null, elsewhere: MakeElsewhere | null = null) {
    this.#reader = reader;
    this.#kept = kept;
    this.#elsewhere = elsewhere;
  }

  /** `path` as messages are to name it. Throws: what `resolvePersona` throws. */
  async resolve(path: string): Promise<ResolvedPersona> {
    const remembered =
      (await this.#unchanged(this.#byPath.get(path))) ??
      (await this.#keptFor(path)) ??
      (await this.#madeElsewhere(path)) ??
      (await this.#read(path));
    this.#byPath.delete(path);
    this.#byPath.set(path, remembered);
    const [oldest] = this.#byPath.keys();
    if (oldest !== undefined && this.#byPath.size > limits.personasRemembered) this.#byPath.delete(oldest);
    return remembered.persona;
  }

  #keptFor(path: string): Promise<Remembered | undefined> {
    return this.#unchanged(this.#kept?.get(keyOf(path)) as Remembered | undefined);
  }

  async #madeElsewhere(path: string): Promise<Remembered | undefined> {
    if (this.#elsewhere === null) return undefined;
    await this.#elsewhere({ type: 'resolve', path });
    return this.#keptFor(path);
  }

  async #read(path: string): Promise<Remembered> {
    const { resolvePersona } = await import('@guise/model/documents');
    const readings: Reading[] = [];
    const persona = await resolvePersona(path, {
      list: (folder, inside) => this.#reader.list(folder, inside),
      read: async (folder, inside) => {
        const bytes = await this.#reader.read(folder, inside);
        readings.push({ folder, path: inside, digest: digestOrNull(bytes) });
        return bytes;
      },
    });
    this.#kept?.put(keyOf(path), { readings, persona });
    return { readings, persona };
  }

  async #unchanged(remembered: Remembered | undefined): Promise<Remembered | undefined> {
    for (const { folder, path, digest } of remembered?.readings ?? []) {
      if (digestOrNull(await this.#reader.read(folder, path)) !== digest) return undefined;
    }
    return remembered;
  }
}

function keyOf(path: string): string {
  return `persona\0${path}`;
}

function digestOrNull(bytes: Uint8Array | null): string | null {
  return bytes === null ? null : digestOf(bytes);
}
