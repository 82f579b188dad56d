import {
  chmodSync,
  closeSync,
  constants,
  copyFileSync,
  fsyncSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';

/** Writes a file that is either the old or the new one, whole, whatever happens; the new one for good when this returns. */
export function writeDurably(path: string, content: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const temporary = `${path}.new`;
  const fd = openSync(temporary, 'w', 0o600);
  try {
    writeFileSync(fd, content);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
  renameSync(temporary, path);
  synchronise(dirname(path));
}

/**
 * Copies a file so that the copy is either not there or whole, and its owner's alone. In one filesystem of btrfs the two share their
 * content, so that a full disk is no hindrance. Its directory must be there.
 */
export function cloneDurably(from: string, to: string): void {
  const temporary = `${to}.new`;
  rmSync(temporary, { force: true });
  copyFileSync(from, temporary, constants.COPYFILE_FICLONE);
  chmodSync(temporary, 0o600);
  synchronise(temporary);
  renameSync(temporary, to);
  synchronise(dirname(to));
}

/** A file's content, or a directory's names. */
function synchronise(path: string): void {
  const fd = openSync(path, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
