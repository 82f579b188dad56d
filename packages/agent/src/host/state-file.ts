/**
 * Small files of the agent's own: who it is, and what was last desired of it.
 *
 * Invariant: after a power cut a file is the old one or the new one, whole. Readable by its owner only.
 */
import {
  closeSync,
  fsyncSync,
  lstatSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';

/** Null when it is not there or cannot be read. */
export function readStateFile(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}

/** Where one that cannot be read is not as good as none. Throws: the system's own error. */
export function isThere(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}

/** Throws: the system's own error. */
export function writeStateFile(path: string, text: string): void {
  const temporary = `${path}.new`;
  // Whatever mode a leftover had, this one is ours.
  rmSync(temporary, { force: true });
  const file = openSync(temporary, 'wx', 0o600);
  try {
    writeFileSync(file, text);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(temporary, path);
  syncDirectory(dirname(path));
}

/** Gone for good when it returns, also after a power cut. Throws: the system's own error. */
export function removeStateFile(path: string): void {
  rmSync(path, { force: true });
  syncDirectory(dirname(path));
}

/** Names in a directory of such files; none when it is not there. */
export function stateFilesIn(directory: string): readonly string[] {
  try {
    return readdirSync(directory).sort();
  } catch {
    return [];
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
