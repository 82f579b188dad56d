/**
 * Content by digest while a switch is prepared and run: what the layers bring, what was read from the host, and behind both
 * what the journal keeps. Content that is secret has another digest here than anywhere else. Only pre-images that the plan or a new baseline refers to are written to the journal.
 */
import type { Digest, State } from '@guise/model';
import { GuiseError, isKeyedDigest } from '@guise/model';
import { digestOf } from '../host/digest.ts';
import type { Journal } from '../journal/journal.ts';
import type { Blobs } from '../resources/adapter.ts';

export class BlobStore implements Blobs {
  readonly #held = new Map<Digest, Uint8Array>();
  readonly #journal: Journal;

  constructor(journal: Journal) {
    this.#journal = journal;
  }

  get(digest: Digest): Uint8Array {
    const bytes = this.find(digest);
    if (bytes === null)
      throw new GuiseError('journal_corrupt', `Cannot find content ${digest}: the journal does not have it`);
    return bytes;
  }

  /** For people: null for what is secret. */
  shown(digest: Digest): Uint8Array | null {
    return isKeyedDigest(digest) ? null : this.find(digest);
  }

  find(digest: Digest): Uint8Array | null {
    return this.#held.get(digest) ?? this.#journal.blob(digest);
  }

  put(bytes: Uint8Array, { secret } = { secret: false }): Digest {
    const digest = secret ? this.#journal.secretDigestOf(bytes) : digestOf(bytes);
    this.#held.set(digest, bytes);
    return digest;
  }

  add(blobs: ReadonlyMap<Digest, Uint8Array>): void {
    for (const [digest, bytes] of blobs) this.#held.set(digest, bytes);
  }

  /** The content that these states refer to, as far as it is held here. */
  referredBy(states: Iterable<State>): ReadonlyMap<Digest, Uint8Array> {
    const found = new Map<Digest, Uint8Array>();
    for (const state of states) {
      for (const value of Object.values(state)) {
        const bytes = typeof value === 'string' ? this.#held.get(value as Digest) : undefined;
        if (bytes !== undefined) found.set(value as Digest, bytes);
      }
    }
    return found;
  }
}
