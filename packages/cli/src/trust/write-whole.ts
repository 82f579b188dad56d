/**
 * Writes a file as a whole: whoever is killed in between leaves the old one, or none, and never half of one.
 *
 * Throws: `argument_invalid` when the place cannot be written, or is taken and `mode` says that it must be new.
 */
import { randomBytes } from 'node:crypto';
import { closeSync, fsyncSync, linkSync, mkdirSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { GuiseError } from '@guise/model';

export interface WriteOptions {
  readonly permissions: number;
  /** `new` refuses to write over anything. */
  readonly mode: 'new' | 'replace';
}

export function writeWhole(path: string, text: string, { permissions, mode }: WriteOptions): void {
  const temporary = `${path}.${randomBytes(6).toString('hex')}.new`;
  try {
    const file = openSync(temporary, 'wx', permissions);
    try {
      writeFileSync(file, text);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    // A link fails where a name is taken; a rename would not.
    if (mode === 'new') linkSync(temporary, path);
    else renameSync(temporary, path);
    syncDirectory(dirname(path));
  } catch (cause) {
    throw unwritable(path, cause);
  } finally {
    rmSync(temporary, { force: true });
  }
}

/** With its parents, for its owner alone; one that is there stays as it is. */
export function makeFolder(path: string): void {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
  } catch (cause) {
    throw unwritable(path, cause);
  }
}

function syncDirectory(path: string): void {
  const directory = openSync(path, 'r');
  try {
    fsyncSync(directory);
  } finally {
    closeSync(directory);
  }
}

function unwritable(path: string, cause: unknown): GuiseError {
  const { code } = cause as NodeJS.ErrnoException;
  const reasons: { readonly [code: string]: string } = {
    EEXIST: 'it is there already, and is not written over',
    ENOENT: 'there is no such folder',
    ENOTDIR: 'a part of its path is no folder',
  };
  const reason = reasons[code ?? ''] ?? `the system says ${code ?? String(cause)}`;
  return new GuiseError('argument_invalid', `Cannot write ${path}: ${reason}`, { cause });
}
