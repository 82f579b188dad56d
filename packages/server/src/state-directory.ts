/**
 * The directory of one control plane, made when it is missing.
 *
 * Throws: `path_unsafe` when everybody may write there: its keys, its token and its database would be anybody's.
 */
import { mkdir, stat } from 'node:fs/promises';
import { GuiseError } from '@guise/model';

const writableByAll = 0o002;

export async function ensureStateDirectory(path: string): Promise<void> {
  await mkdir(path, { recursive: true, mode: 0o755 });
  const { mode } = await stat(path);
  if ((mode & writableByAll) === 0) return;
  throw new GuiseError(
    'path_unsafe',
    `Cannot keep a control plane in ${path}: everybody may write there; chmod o-w it`,
  );
}
