/**
 * Locks between processes that use the same lab or pool.
 *
 * The lock belongs to an open file, not to a process: it ends when the last process that has the file open ends or closes it,
 * which makes a killed `up` release it at once, yet only after the commands it was running. Order: lab, then pool.
 * Throws: `host_busy` when another process keeps the lock for longer than `limits.labLockTimeoutMs`.
 * Source: flock(1), flock(2).
 */
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { GuiseError, limits } from '@guise/model';
import { type Execute, executeHolding, runCommand } from './command.ts';

export interface Lock extends Disposable {
  /** Runs commands that keep these locks until they end, even when this process ends first. */
  readonly execute: Execute;
}

/** Takes all of these locks, in this order; disposing gives them back. */
export async function acquireLocks(...paths: readonly string[]): Promise<Lock> {
  const fds: number[] = [];
  const release = (): void => {
    for (const fd of fds) closeSync(fd);
  };
  try {
    for (const path of paths) {
      mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
      const fd = openSync(path, 'a', 0o600);
      fds.push(fd);
      await waitFor(path, fd);
    }
  } catch (error) {
    release();
    throw error;
  }
  return { execute: executeHolding(fds), [Symbol.dispose]: release };
}

async function waitFor(path: string, fd: number): Promise<void> {
  const waitSeconds = String(limits.labLockTimeoutMs / 1000);
  const { status } = await runCommand(['flock', '--exclusive', '--wait', waitSeconds, '3'], {
    inherited: [fd],
    timeoutMs: limits.labLockTimeoutMs + limits.labCommandTimeoutMs,
  });
  if (status !== 0)
    throw new GuiseError('host_busy', `Cannot lock ${path}: another process has held it for ${waitSeconds} s`);
}
