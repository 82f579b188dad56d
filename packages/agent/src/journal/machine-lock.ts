/**
 * One transaction at a time on a machine, whoever asks: the agent, or a person at the command line.
 *
 * The lock is SQLite's own on a file of its own, so the kernel lets go of it when the holder dies, however it dies.
 * Throws: `host_busy` when another holds it for longer than `limits.lockWaitMs`; `journal_failed` when the file cannot be made.
 */
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { GuiseError, limits } from '@guise/model';

const sqliteBusy = 5;

export async function withMachineLock<Value>(path: string, work: () => Promise<Value>): Promise<Value> {
  const lock = await take(path);
  try {
    return await work();
  } finally {
    lock.close();
  }
}

async function take(path: string): Promise<DatabaseSync> {
  for (let waitedMs = 0; ; waitedMs += limits.lockPollMs) {
    const lock = tryTake(path);
    if (lock !== null) return lock;
    if (waitedMs >= limits.lockWaitMs) {
      throw new GuiseError(
        'host_busy',
        `Cannot change this host now: another guise transaction has been running for ${limits.lockWaitMs / 1000} s`,
      );
    }
    await sleep(limits.lockPollMs);
  }
}

function tryTake(path: string): DatabaseSync | null {
  const db = new DatabaseSync(path, { timeout: 0 });
  try {
    db.exec('BEGIN EXCLUSIVE');
    return db;
  } catch (error) {
    db.close();
    if (error instanceof Error && 'errcode' in error && error.errcode === sqliteBusy) return null;
    throw new GuiseError(
      'journal_failed',
      `Cannot lock this host's journal: ${error instanceof Error ? error.message : String(error)}`,
      { cause: error },
    );
  }
}
