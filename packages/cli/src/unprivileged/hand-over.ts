/**
 * Gives a state directory with all that is in it to the account that the control plane runs as, once.
 *
 * What is below comes first and the directory itself last, after a sync: whoever owns the directory tells whether all of it was
 * handed over, so a run that is killed is done again by the next one. No link is followed, a file with further names is refused,
 * and sockets that a PostgreSQL left stay as they are.
 * Throws: `path_unsafe` for a directory that others may write or that belongs to somebody else; `change_failed`.
 */
import { mkdirSync, statSync } from 'node:fs';
import { localHost } from '@guise/agent';
import { GuiseError } from '@guise/model';
import type { ServerAccount } from './server-account.ts';

const writableByAll = 0o002;
const closedToOthers = '0700';

export async function handOver(directory: string, account: ServerAccount): Promise<void> {
  mkdirSync(directory, { recursive: true, mode: 0o755 });
  const { uid, mode } = statSync(directory);
  if ((mode & writableByAll) !== 0) {
    throw new GuiseError(
      'path_unsafe',
      `Cannot keep a control plane in ${directory}: everybody may write there; chmod o-w ${directory}`,
    );
  }
  if (uid === account.uid) return;
  if (uid !== 0) {
    throw new GuiseError(
      'path_unsafe',
      `Cannot keep a control plane in ${directory}: it belongs to neither root nor "${account.name}" but to the user ${uid}`,
    );
  }
  const { files } = localHost({ root: directory });
  const pending = ['/'];
  const found: string[] = [];
  for (let path = pending.pop(); path !== undefined; path = pending.pop()) {
    for (const name of files.list(path)) {
      const below = `${path === '/' ? '' : path}/${name}`;
      const { type } = files.status(below);
      if (type === 'directory') pending.push(below);
      if (type !== 'other' && type !== 'absent') found.push(below);
    }
  }
  for (const path of found.reverse()) {
    files.setOwnership(path, files.status(path).mode ?? closedToOthers, account.uid, account.gid);
  }
  await files.sync();
  files.setOwnership('/', closedToOthers, account.uid, account.gid);
}
