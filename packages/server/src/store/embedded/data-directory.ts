/**
 * The data directory of an embedded PostgreSQL, made at the first start.
 *
 * Made in a directory beside and renamed when whole, so that a kill in between leaves nothing that looks ready.
 * Throws: `database_unavailable` with what initdb said.
 */
import { once } from 'node:events';
import { chown, mkdir, rename, rm, stat } from 'node:fs/promises';
import { GuiseError } from '@guise/model';
import type { Account } from './postgres-account.ts';
import type { SpawnTied } from './tied-process.ts';
import { lastWords } from './tied-process.ts';

/** Nobody else can reach the socket, so whoever can is trusted; there is no port. Bytewise order, the same on every machine. */
const initdbOptions = {
  '--username': 'guise',
  '--auth-local': 'trust',
  '--auth-host': 'reject',
  '--encoding': 'UTF8',
  '--locale': 'C',
  '--locale-provider': 'builtin',
  '--builtin-locale': 'C.UTF-8',
};

export async function ensureDataDirectory(
  path: string,
  initdb: string,
  account: Account | null,
  spawnTied: SpawnTied,
): Promise<void> {
  if (await exists(path)) return;
  const unfinished = `${path}.new`;
  await rm(unfinished, { recursive: true, force: true });
  await privateDirectory(unfinished, account);
  const options = Object.entries(initdbOptions).flat();
  const child = spawnTied([initdb, '--pgdata', unfinished, '--no-instructions', ...options]);
  const words = lastWords(child);
  const [status] = await once(child, 'close');
  if (status !== 0) throw new GuiseError('database_unavailable', `Cannot create a database in ${path}: ${words()}`);
  await rename(unfinished, path);
}

export async function privateDirectory(path: string, account: Account | null): Promise<void> {
  await mkdir(path, { recursive: true, mode: 0o700 });
  if (account !== null) await chown(path, account.uid, account.gid);
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
