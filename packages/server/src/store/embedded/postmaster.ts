/**
 * The PostgreSQL server process: started until it accepts connections, stopped until it is gone.
 *
 * Throws: `database_unavailable` with what it said last.
 */
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { GuiseError, limits } from '@guise/model';
import type { SpawnTied } from './tied-process.ts';
import { lastWords } from './tied-process.ts';

export interface PostmasterOptions {
  readonly postgres: string;
  readonly dataDirectory: string;
  readonly socketDirectory: string;
  readonly spawnTied: SpawnTied;
  /** It ended without having been asked to. */
  readonly onExit: (words: string) => void;
}

export interface Postmaster {
  /** A fast shutdown: open transactions are rolled back, everything committed is on disk. */
  readonly stop: () => Promise<void>;
}

export async function startPostmaster(options: PostmasterOptions): Promise<Postmaster> {
  const settings = {
    listen_addresses: '',
    unix_socket_directories: options.socketDirectory,
    unix_socket_permissions: '0700',
    max_connections: '100',
    lc_messages: 'C',
  };
  const child = options.spawnTied([
    options.postgres,
    '-D',
    options.dataDirectory,
    ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
  ]);
  const words = lastWords(child);
  await ready(child, words);
  child.once('close', () => options.onExit(words()));
  return {
    stop: () => {
      child.removeAllListeners('close');
      return stop(child);
    },
  };
}

function ready(child: ChildProcess, words: () => string): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const fail = (why: string, cause?: unknown) =>
    reject(new GuiseError('database_unavailable', `Cannot start PostgreSQL: ${why}`, { cause }));
  const timer = setTimeout(() => {
    child.kill('SIGINT');
    fail(`it was not ready within ${limits.databaseStartMs / 1000} s; it said ${words()}`);
  }, limits.databaseStartMs);
  child.stderr?.on('data', () => {
    if (words().includes('ready to accept connections')) resolve();
  });
  child.once('error', (cause) => fail(cause.message, cause));
  child.once('close', () => fail(words()));
  return promise.finally(() => clearTimeout(timer));
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const closed = once(child, 'close');
  child.kill('SIGINT');
  const timer = setTimeout(() => child.kill('SIGQUIT'), limits.databaseStopMs);
  await closed;
  clearTimeout(timer);
}
