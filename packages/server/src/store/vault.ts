/**
 * Values that only this control plane can read: encrypted under a master key that is not in the database.
 *
 * The key is 32 random bytes as base64, in a file that only its owner can read; replicas on one database need the same one.
 * Invariant: of several processes that make a value for the first time one wins, and all of them get its value.
 * Throws: `key_invalid` for an unusable key file; `cipher_failed` when the database was written under another key.
 */
import { randomBytes } from 'node:crypto';
import { linkSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { GuiseError } from '@guise/model';
import { cipherKeyBytes, decrypt, encrypt } from '@guise/trust/ciphers';
import { sql } from 'kysely';
import type { Executor } from './database.ts';

export interface Vault {
  encrypt(name: string, plain: Uint8Array): Buffer;
  decrypt(name: string, encrypted: Uint8Array): Buffer;
  /** Null when there is none. */
  read(db: Executor, name: string): Promise<Buffer | null>;
  /** In the place of what there was. */
  write(tx: Executor, name: string, plain: Uint8Array): Promise<void>;
  /** The value of that name; made now when there is none. */
  ensure(db: Executor, name: string, make: () => Promise<Uint8Array> | Uint8Array): Promise<Buffer>;
}

export function openVault(keyFile: string): Vault {
  const key = readKey(keyFile) ?? makeKey(keyFile);
  const read = async (db: Executor, name: string) => {
    const row = await db.selectFrom('sealed_values').select('value').where('name', '=', name).executeTakeFirst();
    return row === undefined ? null : decrypt(key, name, row.value);
  };
  return {
    encrypt: (name, plain) => encrypt(key, name, plain),
    decrypt: (name, encrypted) => decrypt(key, name, encrypted),
    read,
    write: async (tx, name, plain) => {
      const value = encrypt(key, name, plain);
      await tx
        .insertInto('sealed_values')
        .values({ name, value })
        .onConflict((conflict) => conflict.column('name').doUpdateSet({ value, updated_at: sql<Date>`now()` }))
        .execute();
    },
    ensure: async (db, name, make) => {
      const known = await read(db, name);
      if (known !== null) return known;
      const value = encrypt(key, name, await make());
      await db
        .insertInto('sealed_values')
        .values({ name, value })
        .onConflict((conflict) => conflict.doNothing())
        .execute();
      const made = await read(db, name);
      if (made !== null) return made;
      throw new GuiseError('database_unavailable', `Cannot find the value ${name} that was just written`);
    },
  };
}

export async function forgetSealed(tx: Executor, name: string): Promise<void> {
  await tx.deleteFrom('sealed_values').where('name', '=', name).execute();
}

function readKey(keyFile: string): Buffer | null {
  let text: string;
  try {
    text = readFileSync(keyFile, 'utf8');
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return null;
    throw new GuiseError('key_invalid', `Cannot read the master key ${keyFile}`, { cause });
  }
  const key = Buffer.from(text, 'base64');
  if (key.length === cipherKeyBytes) return key;
  throw new GuiseError(
    'key_invalid',
    `Cannot use the master key ${keyFile}: it must be ${cipherKeyBytes} bytes as base64`,
  );
}

/** Of two that begin at once, the link of one stands. */
function makeKey(keyFile: string): Buffer {
  const temporary = `${keyFile}.${process.pid}`;
  rmSync(temporary, { force: true });
  writeFileSync(temporary, `${randomBytes(cipherKeyBytes).toString('base64')}\n`, { mode: 0o600, flush: true });
  try {
    linkSync(temporary, keyFile);
  } catch (cause) {
    if (!(cause instanceof Error && 'code' in cause && cause.code === 'EEXIST')) {
      throw new GuiseError('key_invalid', `Cannot keep the master key in ${keyFile}`, { cause });
    }
  } finally {
    rmSync(temporary, { force: true });
  }
  const key = readKey(keyFile);
  if (key === null) throw new GuiseError('key_invalid', `Cannot find the master key ${keyFile} that was just made`);
  return key;
}
