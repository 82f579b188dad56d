/**
 * What the control plane sent of secrets, on disk as it came: sealed to this host, with the highest version of each.
 *
 * A version never goes down: one that does is remembered as offered, and the secret is refused until a newer one than the highest comes.
 * A control plane that was restored from a backup has to go past it (`guise secret set --version`). Values of names that are no longer
 * needed are dropped; their versions stay, as long as there are not too many.
 * Invariant: the file is one whole state, the old or the new; one that cannot be read is as good as none, because it is sent again.
 * Throws: `journal_failed` when it cannot be written.
 */
import { GuiseError, limits } from '@guise/model';
import { readStateFile, writeStateFile } from '../host/state-file.ts';

export interface SentSecret {
  readonly name: string;
  readonly version: number;
  /** Base64; see @guise/trust/sealing. */
  readonly sealed: string;
}

export interface StoredSecret {
  /** The highest that was ever sent. */
  readonly version: number;
  /** Null: no persona here needs it any more. */
  readonly sealed: string | null;
  /** A lower version that was sent last. */
  readonly offered: number | null;
}

export type StoredSecrets = { readonly [name: string]: StoredSecret };

export interface SealedStore {
  read(): StoredSecrets;
  /** `stillNeeded`: names whose values stay although they were not sent now. */
  receive(sent: readonly SentSecret[], stillNeeded: ReadonlySet<string>): void;
}

export function sealedFile(path: string): SealedStore {
  const read = () => parse(readStateFile(path));
  return {
    read,
    receive: (sent, stillNeeded) => {
      const before = read();
      const after = received(before, sent, stillNeeded);
      if (JSON.stringify(after) === JSON.stringify(before)) return;
      try {
        writeStateFile(path, JSON.stringify(after));
      } catch (cause) {
        throw new GuiseError('journal_failed', `Cannot keep the secrets that were sent in ${path}`, { cause });
      }
    },
  };
}

function received(before: StoredSecrets, sent: readonly SentSecret[], stillNeeded: ReadonlySet<string>): StoredSecrets {
  const after = new Map<string, StoredSecret>();
  const names = new Set(sent.map(({ name }) => name));
  for (const [name, known] of Object.entries(before)) {
    if (!names.has(name)) after.set(name, stillNeeded.has(name) ? known : { ...known, sealed: null });
  }
  for (const { name, version, sealed } of sent) {
    const known = before[name];
    if (known !== undefined && version < known.version) after.set(name, { ...known, offered: version });
    else after.set(name, { version, sealed, offered: null });
  }
  const tooMany = Math.max(0, after.size - limits.secretVersionsRemembered);
  return Object.fromEntries([...after].slice(tooMany));
}

/** Read by hand: the command line opens secrets too, and must not load the wire's schemas for it. */
function parse(text: string | null): StoredSecrets {
  try {
    const parsed: unknown = JSON.parse(text ?? '{}');
    if (typeof parsed !== 'object' || parsed === null) return {};
    return Object.fromEntries(
      Object.entries(parsed).filter((entry): entry is [string, StoredSecret] => isStored(entry[1])),
    );
  } catch {
    return {};
  }
}

function isStored(value: unknown): value is StoredSecret {
  if (typeof value !== 'object' || value === null) return false;
  const { version, sealed, offered } = value as { readonly [field: string]: unknown };
  return (
    Number.isSafeInteger(version) &&
    (sealed === null || typeof sealed === 'string') &&
    (offered === null || Number.isSafeInteger(offered))
  );
}
