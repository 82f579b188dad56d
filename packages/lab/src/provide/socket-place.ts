/**
 * Makes room for a socket that root listens on, in a directory of its own that only root and one group come through, so that the
 * socket is open to nobody else at any instant.
 *
 * A directory that has anything else in it is left as it is, and must be closed to others already: giving away the group of `/root`
 * would open more than a socket.
 * Throws: `path_unsafe` for such a directory that is open, or for something else in the socket's place; `host_busy` when somebody
 * listens there.
 */
import { chmodSync, chownSync, lstatSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { GuiseError } from '@guise/model';

export function claimSocket(path: string, groupId: number): void {
  const directory = dirname(path);
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  if (readdirSync(directory).every((name) => name === basename(path)) && lstatSync(directory).isDirectory()) {
    chownSync(directory, 0, groupId);
    chmodSync(directory, 0o750);
  }
  const { uid, mode } = lstatSync(directory);
  if (uid !== 0 || (mode & 0o027) !== 0) {
    throw new GuiseError(
      'path_unsafe',
      `Cannot listen in ${directory}: it must be a directory of its own, or root's and closed to others`,
    );
  }
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined) return;
  if (!found.isSocket()) throw new GuiseError('path_unsafe', `Cannot listen on ${path}: it is something else`);
  if (isBound(path)) throw new GuiseError('host_busy', `Cannot listen on ${path}: another provider does`);
  rmSync(path);
}

/** The kernel lists every socket that somebody holds; one that a dead process left has no line. */
function isBound(path: string): boolean {
  const lines = readFileSync('/proc/net/unix', 'utf8').split('\n');
  return lines.some((line) => line.endsWith(` ${path}`));
}
