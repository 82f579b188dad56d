/**
 * The journal's own key: what encrypts the content of secret files in guise.db, and makes the digests that only this host can make.
 *
 * In `journal.key` beside the journal, made when the first secret comes. A journal that has secrets and no key is not given a new one:
 * their content could never be told, so whatever needs it is refused and says which file is missing.
 * Throws: `secret_unavailable`; `cipher_failed` when the journal was written under another key.
 */
import { createHmac, hkdfSync } from 'node:crypto';
import type { Digest } from '@guise/model';
import { GuiseError, keyedPrefix } from '@guise/model';
import { decrypt, encrypt } from '@guise/trust/ciphers';
import { makeKeyFile, readKeyFile } from '../host/key-file.ts';

interface Keys {
  readonly cipher: Buffer;
  readonly digest: Buffer;
}

export class JournalKey {
  readonly #path: string;
  readonly #hasSecrets: () => boolean;
  #keys: Keys | null = null;

  /** `hasSecrets`: whether the journal has been written under a key already. */
  constructor(path: string, hasSecrets: () => boolean) {
    this.#path = path;
    this.#hasSecrets = hasSecrets;
  }

  /** The same for the same content, on this host alone. */
  digestOf(bytes: Uint8Array): Digest {
    return `${keyedPrefix}${createHmac('sha256', this.#open().digest).update(bytes).digest('hex')}` as Digest;
  }

  encrypt(digest: Digest, bytes: Uint8Array): Uint8Array {
    return encrypt(this.#open().cipher, digest, bytes);
  }

  decrypt(digest: Digest, bytes: Uint8Array): Uint8Array {
    return decrypt(this.#open().cipher, digest, bytes);
  }

  #open(): Keys {
    if (this.#keys !== null) return this.#keys;
    const key = readKeyFile(this.#path) ?? this.#make();
    const derived = (purpose: string) => Buffer.from(hkdfSync('sha256', key, '', `guise journal ${purpose}`, 32));
    this.#keys = { cipher: derived('content'), digest: derived('digest') };
    return this.#keys;
  }

  #make(): Buffer {
    if (!this.#hasSecrets()) return makeKeyFile(this.#path);
    throw new GuiseError(
      'secret_unavailable',
      `Cannot open the secret content in this host's journal: its key ${this.#path} is gone; put the file back`,
    );
  }
}
