/**
 * Reads a file that somebody names: a regular one, and no larger than what is expected there.
 *
 * Throws: `argument_invalid` when it is not there, is no regular file, cannot be read or is larger.
 */
import { closeSync, constants, fstatSync, openSync, readFileSync, readSync } from 'node:fs';
import { GuiseError } from '@guise/model';

export interface BoundedFile {
  readonly bytes: Uint8Array;
  /** Permission bits alone. */
  readonly mode: number;
}

export function readBoundedFile(path: string, sizeMaxBytes: number): BoundedFile {
  const file = opened(path);
  try {
    const stat = fstatSync(file);
    if (!stat.isFile()) throw unreadable(path, 'it is no regular file');
    if (stat.size > sizeMaxBytes) throw unreadable(path, `it may have ${sizeMaxBytes} bytes, and it has ${stat.size}`);
    return { bytes: readFileSync(file), mode: stat.mode & 0o777 };
  } finally {
    closeSync(file);
  }
}

/** Its first bytes; none when it cannot be read. */
export function beginningOf(path: string, sizeBytes: number): Buffer {
  const bytes = Buffer.alloc(sizeBytes);
  try {
    const file = opened(path);
    try {
      return fstatSync(file).isFile() ? bytes.subarray(0, readSync(file, bytes)) : bytes.subarray(0, 0);
    } finally {
      closeSync(file);
    }
  } catch {
    return bytes.subarray(0, 0);
  }
}

/** Without waiting for somebody to write, were it a pipe. */
function opened(path: string): number {
  try {
    return openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw unreadable(path, code === 'ENOENT' ? 'there is no such file' : `the system says ${code ?? String(cause)}`);
  }
}

function unreadable(path: string, reason: string): GuiseError {
  return new GuiseError('argument_invalid', `Cannot read ${path}: ${reason}`);
}
