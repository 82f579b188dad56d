/**
 * Keys of people as files: `NAME.key` is private, PKCS #8 as PEM, for its owner alone; `NAME.pub` is one line that others may have.
 *
 * Shape of the line: `guise-key ed25519:<sha256 of the 32 bytes> <32 bytes as base64> NAME`.
 * Throws: `key_invalid` for what is no key; `path_unsafe` for a private key that others may read.
 */
import { basename, join } from 'node:path';
import { GuiseError, limits } from '@guise/model';
import { bytesOfBase64 } from '@guise/model/trust';
import { keyIdOf, newSigningKey, type SigningKey, signingKey } from '@guise/trust/signing';
import { readBoundedFile } from './bounded-file.ts';
import { makeFolder, writeWhole } from './write-whole.ts';

const namePattern = /^[a-z0-9]([a-z0-9._-]{0,62}[a-z0-9])?$/;
const pem = /^-----BEGIN ([A-Z ]*)-----\r?\n/;
const publicLine = /^guise-key (ed25519:[0-9a-f]{64}) ([A-Za-z0-9+/]{43}=) (\S+)\n?$/;

export interface KeyFile {
  /** How people call it: a private key has the name of its file. */
  readonly name: string;
  readonly keyId: string;
  /** 32 bytes as base64. */
  readonly publicKey: string;
  /** Null when only its public half is here. */
  readonly signing: SigningKey | null;
}

/** Private or public, as the file is. */
export function readKeyFile(path: string): KeyFile {
  const { bytes, mode } = readBoundedFile(path, limits.keyFileBytes);
  const text = Buffer.from(bytes).toString('utf8');
  if (!pem.test(text)) return publicKeyOf(text, path);
  if ((mode & 0o077) !== 0) {
    throw new GuiseError(
      'path_unsafe',
      `Cannot use ${path}: others may read this private key; chmod 600 it, or make a new one`,
    );
  }
  const signing = signingKey(text);
  const name = checkedName(basename(path).replace(/\.(key|pem)$/, ''), path);
  return { name, keyId: signing.keyId, publicKey: signing.publicKey, signing };
}

/** Throws as well: `key_invalid` for a public key. */
export function readSigningKey(path: string): KeyFile & { readonly signing: SigningKey } {
  const key = readKeyFile(path);
  if (key.signing !== null) return { ...key, signing: key.signing };
  throw new GuiseError('key_invalid', `Cannot sign with ${path}: it has only the public half of ${key.name}`);
}

/** Makes the folder; nothing is written over. The public half comes last: `guise key show NAME.key` prints it again where it is missing. */
export function writeNewKey(
  folder: string,
  name: string,
): { readonly key: KeyFile; readonly files: readonly string[] } {
  const path = join(folder, checkedName(name, name));
  makeFolder(folder);
  const { privatePem, ...signing } = newSigningKey();
  const key = { name, keyId: signing.keyId, publicKey: signing.publicKey, signing };
  writeWhole(`${path}.key`, privatePem, { permissions: 0o600, mode: 'new' });
  writeWhole(`${path}.pub`, `${publicKeyLine(key)}\n`, { permissions: 0o644, mode: 'new' });
  return { key, files: [`${path}.key`, `${path}.pub`] };
}

export function publicKeyLine({ keyId, publicKey, name }: KeyFile): string {
  return `guise-key ${keyId} ${publicKey} ${name}`;
}

function publicKeyOf(text: string, path: string): KeyFile {
  const [, keyId = '', publicKey = '', name = ''] = publicLine.exec(text) ?? [];
  if (keyId === '')
    throw new GuiseError('key_invalid', `Cannot use ${path}: it is no key of guise; guise key new makes one`);
  if (bytesOfBase64(publicKey) === null || keyIdOf(publicKey) !== keyId) {
    throw new GuiseError('key_invalid', `Cannot use ${path}: its id is not the digest of its key`);
  }
  return { name: checkedName(name, path), keyId, publicKey, signing: null };
}

function checkedName(name: string, path: string): string {
  if (namePattern.test(name)) return name;
  const rule = 'its name must be lower-case letters, digits, ".", "_" or "-", at most 64';
  throw new GuiseError('key_invalid', `Cannot use ${path} as a key: ${rule}`);
}
