/** Calls and checks on one name in an open directory, given as the path that leads there by descriptor. */
import {
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  lstatSync,
  openSync,
  readlinkSync,
  type Stats,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { GuiseError } from '@guise/model';
import type { FileStatus, FileType } from './host.ts';
import { isErrno, refusal } from './refusal.ts';

const createFlags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;

/** A new file with this content, readable by nobody else until `finish` says so on its descriptor. */
export function createFile(entry: string, content: Uint8Array, finish: (descriptor: number) => void): void {
  const descriptor = openSync(entry, createFlags, 0o600);
  try {
    for (let done = 0; done < content.byteLength; ) done += writeSync(descriptor, content, done);
    finish(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

export function unlinkIfThere(entry: string): void {
  try {
    unlinkSync(entry);
  } catch (error) {
    if (!isErrno(error, 'ENOENT')) throw error;
  }
}

/** Owner first: chown(2) clears the set-user-ID bit that the mode may ask for. */
export function own(descriptor: number, mode: string, uid: number, gid: number): void {
  const bits = modeBits(mode);
  fchownSync(descriptor, uid, gid);
  fchmodSync(descriptor, bits);
}

/** Throws: `argument_invalid`. */
export function modeBits(mode: string): number {
  if (/^[0-7]{4}$/.test(mode)) return Number.parseInt(mode, 8);
  throw new GuiseError(
    'argument_invalid',
    `Cannot use ${JSON.stringify(mode)} as a mode: it must be four octal digits, such as "0644"`,
  );
}

/** Throws: `change_failed` for what a rename over it could not bring back. */
export function mustBeReplaceable(path: string, entry: string): void {
  const stats = lstatSync(entry, { throwIfNoEntry: false });
  if (stats === undefined || stats.isSymbolicLink()) return;
  if (!stats.isFile())
    throw stats.isDirectory()
      ? refusal('replace', path, Object.assign(new Error('EISDIR'), { code: 'EISDIR', syscall: 'rename' }))
      : refuseSpecial(path);
  if (stats.nlink > 1) throw refuseLinked(path);
}

export function refuseSpecial(path: string): GuiseError {
  return new GuiseError(
    'change_failed',
    `Cannot change ${JSON.stringify(path)}: it is a device, socket or FIFO, which guise does not manage`,
  );
}

export function refuseLinked(path: string): GuiseError {
  return new GuiseError(
    'change_failed',
    `Cannot change ${JSON.stringify(path)}: the file has further hard links, and the change would part them or reach them`,
  );
}

export const absent: FileStatus = {
  type: 'absent',
  mode: null,
  uid: 0,
  gid: 0,
  sizeBytes: 0,
  mtimeMs: 0,
  target: null,
};

/** `entry` is where `stats` is from; the target of a symlink is read there. */
export function statusOf(stats: Stats, entry: string): FileStatus {
  const type = typeOf(stats);
  return {
    type,
    mode: (stats.mode & 0o7777).toString(8).padStart(4, '0'),
    uid: stats.uid,
    gid: stats.gid,
    sizeBytes: stats.size,
    mtimeMs: stats.mtimeMs,
    target: type === 'symlink' ? readlinkSync(entry) : null,
  };
}

export function typeOf(stats: Stats): FileType {
  if (stats.isFile()) return 'file';
  if (stats.isDirectory()) return 'directory';
  return stats.isSymbolicLink() ? 'symlink' : 'other';
}
