/** Reads one open regular file to its end and closes it. Files of `/proc` say size 0 and still have content. */
import { closeSync, fstatSync, readSync } from 'node:fs';
import { GuiseError, limits } from '@guise/model';

const chunkBytes = 16 * 1024;

/** Throws: `limit_exceeded` past `limits.fileSizeBytes`; `kind_refused` when it is not a regular file. */
export function readWhole(descriptor: number, path: string): Uint8Array {
  try {
    const stats = fstatSync(descriptor);
    if (!stats.isFile())
      throw new GuiseError('kind_refused', `Cannot read ${JSON.stringify(path)}: it is not a regular file`);
    // One byte more than the size, so that a file that did not grow is read with a single call that also finds its end.
    let buffer = Buffer.allocUnsafe(stats.size === 0 ? chunkBytes : Math.min(stats.size, limits.fileSizeBytes) + 1);
    let length = 0;
    for (;;) {
      const read = readSync(descriptor, buffer, length, buffer.length - length, null);
      if (read === 0) return buffer.subarray(0, length);
      length += read;
      if (length > limits.fileSizeBytes) {
        throw new GuiseError(
          'limit_exceeded',
          `Cannot read ${JSON.stringify(path)}: it has more than ${limits.fileSizeBytes} bytes`,
        );
      }
      if (length === buffer.length) buffer = Buffer.concat([buffer], length * 2);
    }
  } finally {
    closeSync(descriptor);
  }
}
