/**
 * Makes room for the agent's socket: its directory, and a socket that a killed agent left is removed; opens it, and gives it up again.
 *
 * Only root and, where it exists, the group `guise` may come through the directory, so the socket is never open to others, not
 * even between its creation and a chmod. To connect takes the right to write. Throws: `host_busy` when another agent is listening there.
 */
import { chmodSync, chownSync, lstatSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { GuiseError } from '@guise/model';

export function claimSocketPath(path: string): void {
  const directory = dirname(path);
  const group = groupId();
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  chownSync(directory, 0, group ?? 0);
  chmodSync(directory, group === null ? 0o700 : 0o750);
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined) return;
  if (!found.isSocket())
    throw new GuiseError('path_unsafe', `Cannot listen on ${path}: something that is no socket is there`);
  if (isListening(path)) throw new GuiseError('host_busy', `Cannot listen on ${path}: another agent runs on this host`);
  rmSync(path);
}

/** Once it is listened on. */
export function openSocketPath(path: string): void {
  chownSync(path, 0, groupId() ?? 0);
  chmodSync(path, 0o660);
}

export function releaseSocketPath(path: string): void {
  rmSync(path, { force: true });
}

/** Null where there is no such group. */
function groupId(): number | null {
  const group = /^guise:[^:]*:(\d+):/m.exec(readFileSync('/etc/group', 'utf8'))?.[1];
  return group === undefined ? null : Number(group);
}

/** The kernel lists every bound unix socket; one that a dead process left has no line. */
function isListening(path: string): boolean {
  return readFileSync('/proc/net/unix', 'utf8')
    .split('\n')
    .some((line) => line.endsWith(` ${path}`));
}
