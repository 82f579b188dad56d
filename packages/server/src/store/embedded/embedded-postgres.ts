/**
 * A PostgreSQL of our own below the state directory: made at the first start, reached only by a Unix socket.
 *
 * Invariants: it never outlives this process, not even after `kill -9`; it is never started twice on the same data (the
 * state lock is held for as long as it runs); it listens on no port, and only its own account and root can reach the socket.
 * Throws: `state_directory_busy`; `argument_invalid` for a path too long for a socket; `database_unavailable` with its last words.
 * Source: docs/adr/0011-embedded-postgresql.md.
 */
import { mkdir, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { GuiseError } from '@guise/model';
import { ensureDataDirectory, privateDirectory } from './data-directory.ts';
import { clearLeftover } from './leftover-postmaster.ts';
import { postgresAccount } from './postgres-account.ts';
import { postgresPrograms } from './postgres-programs.ts';
import { type Postmaster, startPostmaster } from './postmaster.ts';
import { lockStateDirectory } from './state-lock.ts';
import { tiedSpawner } from './tied-process.ts';

/** sockaddr_un has room for 107 bytes, and PostgreSQL appends `/.s.PGSQL.5432`. */
const socketDirectoryBytes = 90;

export interface EmbeddedPostgres extends Postmaster {
  readonly url: string;
}

/** `onExit` is called when it ends without having been asked to. */
export async function startEmbeddedPostgres(
  stateDirectory: string,
  onExit: (words: string) => void,
): Promise<EmbeddedPostgres> {
  await mkdir(stateDirectory, { recursive: true, mode: 0o755 });
  const directory = await realpath(stateDirectory);
  const lock = lockStateDirectory(directory);
  try {
    const { url, stop } = await start(directory, onExit);
    return { url, stop: () => stop().finally(() => lock.release()) };
  } catch (error) {
    lock.release();
    throw error;
  }
}

async function start(directory: string, onExit: (words: string) => void): Promise<EmbeddedPostgres> {
  const dataDirectory = join(directory, 'postgres');
  const socketDirectory = join(directory, 'run');
  refuseLongPath(socketDirectory);
  const account = await postgresAccount();
  const { initdb, postgres } = await postgresPrograms();
  await privateDirectory(socketDirectory, account);
  const spawnTied = await tiedSpawner(account, [dataDirectory, postgres]);
  await ensureDataDirectory(dataDirectory, initdb, account, spawnTied);
  await clearLeftover(dataDirectory);
  const { stop } = await startPostmaster({ postgres, dataDirectory, socketDirectory, spawnTied, onExit });
  return { url: `postgresql://guise@localhost/postgres?host=${encodeURIComponent(socketDirectory)}`, stop };
}

function refuseLongPath(socketDirectory: string): void {
  const bytes = Buffer.byteLength(socketDirectory);
  if (bytes <= socketDirectoryBytes) return;
  throw new GuiseError(
    'argument_invalid',
    `Cannot keep PostgreSQL's socket in ${socketDirectory}: the path must have at most ${socketDirectoryBytes} bytes, and it has ${bytes}`,
  );
}
