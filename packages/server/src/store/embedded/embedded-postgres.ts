/**
 * A PostgreSQL of our own below the state directory: made at the first start, reached only by a Unix socket.
 *
 * Invariants: it never outlives this process, not even after `kill -9`; it is never started twice on the same data (the
 * state lock is held for as long as it runs); it listens on no port, and only its own account and root can reach the socket.
 * Throws: `state_directory_busy`; `database_unavailable` with what PostgreSQL said.
 * Source: docs/adr/0011-embedded-postgresql.md.
 */
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chown, mkdir, realpath, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { GuiseError, limits } from '@guise/model';
import { clearLeftover } from './leftover-postmaster.ts';
import type { Account } from './postgres-account.ts';
import { postgresAccount } from './postgres-account.ts';
import type { PostgresPrograms } from './postgres-programs.ts';
import { postgresPrograms, tiedToThisProcess } from './postgres-programs.ts';
import { lockStateDirectory } from './state-lock.ts';

/** sockaddr_un has room for 107 bytes, and PostgreSQL appends `/.s.PGSQL.5432`. */
const socketDirectoryBytes = 90;
/** What is kept of PostgreSQL's last words, for an error message. */
const wordsKept = 2_000;

export interface EmbeddedPostgres {
  readonly url: string;
  /** A fast shutdown: open transactions are rolled back, everything committed is on disk. */
  stop(): Promise<void>;
}

/** `onExit` is called when it ends without having been asked to. */
export async function startEmbeddedPostgres(stateDirectory: string, onExit: (words: string) => void): Promise<EmbeddedPostgres> {
  await mkdir(stateDirectory, { recursive: true, mode: 0o755 });
  const directory = await realpath(stateDirectory);
  const socketDirectory = join(directory, 'run');
  if (Buffer.byteLength(socketDirectory) > socketDirectoryBytes) {
    throw new GuiseError('argument_invalid', `Cannot keep PostgreSQL in ${directory}: the path must be at most ${socketDirectoryBytes - 4} bytes long`);
  }
  const lock = lockStateDirectory(directory);
  try {
    const account = await postgresAccount();
    const programs = await postgresPrograms();
    await privateDirectory(socketDirectory, account);
    const dataDirectory = join(directory, 'postgres');
    if (!(await exists(dataDirectory))) await initialise(programs, account, dataDirectory);
    await clearLeftover(dataDirectory);
    const child = await startPostmaster(programs, account, { dataDirectory, socketDirectory }, onExit);
    return {
      url: `postgresql://guise@localhost/postgres?host=${encodeURIComponent(socketDirectory)}`,
      stop: async () => {
        await stopPostmaster(child);
        lock.release();
      },
    };
  } catch (error) {
    lock.release();
    throw error;
  }
}

/** In a directory beside, renamed when whole, so that a kill in between leaves nothing that looks ready. */
async function initialise(programs: PostgresPrograms, account: Account | null, dataDirectory: string): Promise<void> {
  const unfinished = `${dataDirectory}.new`;
  await rm(unfinished, { recursive: true, force: true });
  await privateDirectory(unfinished, account);
  const child = spawnTied(account, [
    programs.initdb,
    ...['--pgdata', unfinished, '--username', 'guise', '--auth-local', 'trust', '--auth-host', 'reject'],
    ...['--encoding', 'UTF8', '--locale', 'C', '--locale-provider', 'builtin', '--builtin-locale', 'C.UTF-8', '--no-instructions'],
  ]);
  const words = lastWords(child);
  const [status] = await once(child, 'close');
  if (status !== 0) {
    throw new GuiseError('database_unavailable', `Cannot create a database in ${dataDirectory}: ${words()}`);
  }
  await rename(unfinished, dataDirectory);
}

async function startPostmaster(
  programs: PostgresPrograms,
  account: Account | null,
  at: { readonly dataDirectory: string; readonly socketDirectory: string },
  onExit: (words: string) => void,
): Promise<ChildProcess> {
  const settings = {
    listen_addresses: '',
    unix_socket_directories: at.socketDirectory,
    unix_socket_permissions: '0700',
    max_connections: '100',
    lc_messages: 'C',
  };
  const child = spawnTied(account, [
    ...[programs.postgres, '-D', at.dataDirectory],
    ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
  ]);
  const words = lastWords(child);
  const { promise, resolve, reject } = Promise.withResolvers<ChildProcess>();
  const timer = setTimeout(() => {
    child.kill('SIGINT');
    reject(new GuiseError('database_unavailable', `Cannot start PostgreSQL within ${limits.databaseStartMs / 1000} s: ${words()}`));
  }, limits.databaseStartMs);
  child.stderr?.on('data', () => {
    if (words().includes('ready to accept connections')) resolve(child);
  });
  child.once('error', (cause) => reject(new GuiseError('database_unavailable', `Cannot start PostgreSQL: ${cause.message}`, { cause })));
  child.once('close', () => {
    reject(new GuiseError('database_unavailable', `Cannot start PostgreSQL: ${words()}`));
    if (!stopping.has(child)) onExit(words());
  });
  return promise.finally(() => clearTimeout(timer));
}

/** Those that were asked to end. */
const stopping = new WeakSet<ChildProcess>();

async function stopPostmaster(child: ChildProcess): Promise<void> {
  stopping.add(child);
  if (child.exitCode !== null || child.signalCode !== null) return;
  const closed = once(child, 'close');
  child.kill('SIGINT');
  const timer = setTimeout(() => child.kill('SIGQUIT'), limits.databaseStopMs);
  await closed;
  clearTimeout(timer);
}

function spawnTied(account: Account | null, argv: readonly string[]): ChildProcess {
  const [program, ...rest] = tiedToThisProcess(account, argv);
  return spawn(program ?? '', rest, { cwd: '/', stdio: ['ignore', 'ignore', 'pipe'], env: { LC_ALL: 'C', PATH: process.env['PATH'] ?? '' } });
}

function lastWords(child: ChildProcess): () => string {
  let text = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    text = (text + chunk.toString()).slice(-wordsKept);
  });
  return () => text.trim();
}

async function privateDirectory(path: string, account: Account | null): Promise<void> {
  await mkdir(path, { recursive: true, mode: 0o700 });
  if (account !== null) await chown(path, account.uid, account.gid);
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
