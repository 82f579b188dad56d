/**
 * The directory that holds guise's own memory of a host. It is root's alone: pre-images of any file may be in it.
 *
 * Throws: `not_permitted` when this process may not make or write it; `journal_failed` for anything else the disk refuses.
 */
import { accessSync, constants, mkdirSync } from 'node:fs';
import { GuiseError } from '@guise/model';

export function makeStateDirectory(path: string): void {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
    accessSync(path, constants.W_OK);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : null;
    if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') {
      throw new GuiseError(
        'not_permitted',
        `Cannot keep a journal in ${path}: run guise as root, or name another place with --state-dir`,
      );
    }
    throw new GuiseError(
      'journal_failed',
      `Cannot make the state directory ${path}: ${error instanceof Error ? error.message : ''}`,
      { cause: error },
    );
  }
}
