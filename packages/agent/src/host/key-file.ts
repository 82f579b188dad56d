/**
 * A key of 32 random bytes in a file of its own, as base64, for its owner's eyes only.
 *
 * Made once: of two that begin at the same time the link of one stands, and both get that one. It is on the disk before it is used.
 * Killed on the way: no key, or a whole one.
 * Throws: `secret_unavailable` when it cannot be read, is no key, or cannot be made.
 */
import { randomBytes } from 'node:crypto';
import { closeSync, fsyncSync, linkSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { GuiseError } from '@guise/model';

const keyBytes = 32;

/** Null when there is none. */
export function readKeyFile(path: string): Buffer | null {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    if (isThere(cause, 'ENOENT')) return null;
    throw unavailable(path, 'it cannot be read', cause);
  }
  const key = Buffer.from(text, 'base64');
  if (key.length === keyBytes) return key;
  throw unavailable(path, `it must be ${keyBytes} bytes as base64`);
}

export function makeKeyFile(path: string): Buffer {
  const temporary = `${path}.${process.pid}.new`;
  try {
    rmSync(temporary, { force: true });
    const file = openSync(temporary, 'wx', 0o600);
    try {
      writeSync(file, `${randomBytes(keyBytes).toString('base64')}\n`);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    linkSync(temporary, path);
    const directory = openSync(dirname(path), 'r');
    try {
      fsyncSync(directory);
    } finally {
      closeSync(directory);
    }
  } catch (cause) {
    if (!isThere(cause, 'EEXIST')) throw unavailable(path, 'it cannot be made', cause);
  } finally {
    rmSync(temporary, { force: true });
  }
  const key = readKeyFile(path);
  if (key === null) throw unavailable(path, 'it was just made and is gone');
  return key;
}

function unavailable(path: string, why: string, cause?: unknown): GuiseError {
  return new GuiseError('secret_unavailable', `Cannot use the key ${path}: ${why}`, { cause });
}

function isThere(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
