/**
 * The four account files of a host, read together and written together.
 *
 * useradd(8) and its like take 5–10 ms each; one pass over the files takes 2 ms for all, and restores lines to their place, which no
 * such program can. Each file is replaced by one rename, with the mode and owner it had. The backups (`/etc/passwd-`), `/etc/subuid`
 * and `/etc/subgid` are not touched. A running nscd or sssd answers from its cache until that expires.
 */
import { dropStaleAccountLocks, type Files, withAccountLocks } from '../../host/index.ts';
import { AccountFile } from './account-file.ts';

/** In the order of writing. Killed between two of them, an account is observed as torn, so an undo writes all of them again. */
const names = ['gshadow', 'shadow', 'group', 'passwd'] as const;
type Name = (typeof names)[number];

export interface AccountDatabase {
  readonly passwd: AccountFile;
  readonly group: AccountFile;
  /** Null when the host keeps no passwords apart. */
  readonly shadow: AccountFile | null;
  readonly gshadow: AccountFile | null;
}

export function readAccountDatabase(files: Files): AccountDatabase {
  const read = (name: Name): AccountFile | null => {
    const text = files.readText(pathOf(name));
    return text === null ? null : new AccountFile(text);
  };
  return {
    passwd: read('passwd') ?? new AccountFile(''),
    group: read('group') ?? new AccountFile(''),
    shadow: read('shadow'),
    gshadow: read('gshadow'),
  };
}

/** Changes the files while nobody else does. What `edit` leaves as it was is not written. */
export async function editAccounts(
  files: Files,
  signal: AbortSignal,
  edit: (database: AccountDatabase) => void,
): Promise<void> {
  await withAccountLocks(files, signal, () => {
    const database = readAccountDatabase(files);
    edit(database);
    for (const name of names) {
      const file = database[name];
      if (file !== null) writeFile(name, file.text(), files);
    }
  });
}

export function sweepAccounts(files: Files): void {
  dropStaleAccountLocks(files);
  for (const name of names) {
    files.discardTemporary(pathOf(name));
    files.discardTemporary(`${pathOf(name)}.lock`);
  }
}

/** Numbers by name of passwd or group, with one that is about to be set: the order of both files that have those names. */
export function ranksOf(file: AccountFile, name: string, number: string): (name: string) => number {
  const numbers = new Map(file.all().map((fields) => [fields[0], Number(fields[2])]));
  numbers.set(name, Number(number));
  return (other) => numbers.get(other) ?? Number.NaN;
}

function writeFile(name: Name, text: string, files: Files): void {
  const path = pathOf(name);
  if (files.readText(path) === text) return;
  const { type, mode, uid, gid } = files.status(path);
  files.write({ path, content: Buffer.from(text), mode: type === 'absent' ? '0644' : mode!, uid, gid });
}

function pathOf(name: Name): string {
  return `/etc/${name}`;
}
