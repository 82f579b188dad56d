/**
 * Opens the journal's file, and turns what SQLite throws into the two errors that a caller can act on.
 *
 * Throws: `journal_failed` when the disk refuses; `journal_corrupt` when the file is not a journal of this version.
 */
import { DatabaseSync } from 'node:sqlite';
import { GuiseError, limits } from '@guise/model';
import { journalTables, journalVersion } from './schema.ts';

export function openDatabase(path: string): DatabaseSync {
  const db = new DatabaseSync(path, { timeout: limits.journalBusyMs });
  const version = db.prepare('PRAGMA user_version').get()?.['user_version'];
  db.exec('PRAGMA synchronous = FULL');
  // In KiB; SQLite's own would keep 2 MiB of a file that the kernel has cached anyway.
  db.exec('PRAGMA cache_size = -256');
  if (version === journalVersion) return db;
  if (version !== 0)
    throw new GuiseError(
      'journal_corrupt',
      `Cannot use ${path}: it is a journal of version ${String(version)}, and this agent reads ${journalVersion}`,
    );
  db.exec('PRAGMA journal_mode = WAL');
  db.exec(`BEGIN IMMEDIATE; ${journalTables} PRAGMA user_version = ${journalVersion}; COMMIT`);
  return db;
}

export function guarded<Value>(work: () => Value): Value {
  try {
    return work();
  } catch (error) {
    if (error instanceof GuiseError || !isSqliteError(error)) throw error;
    const corrupt = error.errcode === 11 || error.errcode === 26;
    const code = corrupt ? 'journal_corrupt' : 'journal_failed';
    throw new GuiseError(code, `Cannot ${corrupt ? 'read' : 'write'} the journal: ${error.message}`, { cause: error });
  }
}

function isSqliteError(error: unknown): error is Error & { errcode: number } {
  return error instanceof Error && 'errcode' in error && typeof error.errcode === 'number';
}
