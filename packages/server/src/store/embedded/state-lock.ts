/**
 * One server per state directory, so that two never start PostgreSQL on the same data.
 *
 * The lock is SQLite's own on a file of its own: the kernel lets go of it when the holder dies, however it dies.
 * Throws: `state_directory_busy` when another server has it.
 */
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { GuiseError } from '@guise/model';

const sqliteBusy = 5;

export interface StateLock {
  release(): void;
}

export function lockStateDirectory(directory: string): StateLock {
  const lock = new DatabaseSync(join(directory, 'server.lock'), { timeout: 0 });
  try {
    lock.exec('BEGIN EXCLUSIVE');
  } catch (cause) {
    lock.close();
    if (cause instanceof Error && 'errcode' in cause && cause.errcode === sqliteBusy) {
      throw new GuiseError('state_directory_busy', `Cannot use ${directory}: another guise server is running on it`);
    }
    throw new GuiseError('database_unavailable', `Cannot lock ${directory}`, { cause });
  }
  return { release: () => lock.close() };
}
