/**
 * Secrets that a person put on this host himself: one file each, for personas that are applied here without a control plane.
 *
 * A file counts only if nobody but its owner can read it and its owner is root or whoever runs this: anything else is no secret.
 * Shape: null when there is none of this name.
 * Throws: `secret_refused` for such a file, a link or anything but a file; `secret_unavailable`; `limit_exceeded`.
 */
import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';
import { GuiseError, limits } from '@guise/model';

const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
const othersMay = 0o077;

export function readLocalSecret(folder: string, name: string): Uint8Array | null {
  const path = `${folder}/${name}`;
  const file = open(path, name);
  if (file === null) return null;
  try {
    const { uid, mode, size } = fstatSync(file);
    const refuse = (why: string) =>
      new GuiseError('secret_refused', `Cannot use the secret "${name}" in ${path}: ${why}`);
    if ((mode & constants.S_IFMT) !== constants.S_IFREG) throw refuse('it is not a file');
    if (uid !== 0 && uid !== process.geteuid?.()) throw refuse('it must belong to root');
    if ((mode & othersMay) !== 0) {
      throw refuse(
        `others can read it; its mode must be 0600, and it is ${(mode & 0o7777).toString(8).padStart(4, '0')}`,
      );
    }
    if (size > limits.secretBytes)
      throw new GuiseError(
        'limit_exceeded',
        `Cannot use the secret "${name}": ${path} may have ${limits.secretBytes} bytes at most`,
      );
    return readFileSync(file);
  } finally {
    closeSync(file);
  }
}

function open(path: string, name: string): number | null {
  try {
    return openSync(path, flags);
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? cause.code : null;
    if (code === 'ENOENT' || code === 'ENOTDIR') return null;
    if (code === 'ELOOP') {
      throw new GuiseError('secret_refused', `Cannot use the secret "${name}": ${path} is a link`);
    }
    throw new GuiseError('secret_unavailable', `Cannot read the secret "${name}" in ${path}`, { cause });
  }
}
