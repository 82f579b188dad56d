/**
 * The token that a control plane of this machine keeps for who started it. Null when there is none.
 *
 * Its directory may belong to the account that the control plane runs as, and root reads here: what is no plain small file of one
 * word could be another's secret under that name, and would be sent to whoever holds the port.
 */
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';

const sizeMax = 1_024;
const tokenPattern = /^[A-Za-z0-9._~-]{1,256}\n?$/;

export function tokenIn(path: string): string | null {
  let file: number;
  try {
    file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch {
    return null;
  }
  try {
    const { size, nlink } = fstatSync(file);
    if (!fstatSync(file).isFile() || nlink > 1 || size > sizeMax) return null;
    const buffer = Buffer.alloc(sizeMax);
    const text = buffer.toString('utf8', 0, readSync(file, buffer));
    return tokenPattern.test(text) ? text.trim() : null;
  } finally {
    closeSync(file);
  }
}
