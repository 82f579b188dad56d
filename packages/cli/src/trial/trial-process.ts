/**
 * Which process runs the trial, so that a second one is refused and `guise down` ends the right one.
 *
 * A process number alone may have been given away since; the process is taken for ours only when its command line says so.
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { GuiseError } from '@guise/model';

const pollMs = 100;
/** Tearing down three hosts and a database takes a few seconds. */
const endTimeoutMs = 120_000;

/** Makes it this process's. Throws: `host_busy` when a trial is running. */
export function claimTrial(directory: string): void {
  const running = trialProcess(directory);
  if (running !== null && running !== process.pid) {
    throw new GuiseError('host_busy', `Cannot start: guise is up already (process ${running}); guise down ends it`);
  }
  handTrialTo(directory, process.pid);
}

export function handTrialTo(directory: string, pid: number): void {
  mkdirSync(directory, { recursive: true, mode: 0o755 });
  writeFileSync(pidFile(directory), `${pid}\n`);
}

/** Null when none is running. */
export function trialProcess(directory: string): number | null {
  try {
    const pid = Number.parseInt(readFileSync(pidFile(directory), 'utf8'), 10);
    const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
    return words.some((word) => word.endsWith('/cli/src/main.ts')) ? pid : null;
  } catch {
    return null;
  }
}

/** Asks it to end, waits, and ends it. */
export async function endTrialProcess(directory: string): Promise<void> {
  const pid = trialProcess(directory);
  if (pid === null || pid === process.pid) return;
  process.kill(pid, 'SIGTERM');
  for (let waitedMs = 0; trialProcess(directory) === pid; waitedMs += pollMs) {
    if (waitedMs >= endTimeoutMs) process.kill(pid, 'SIGKILL');
    await delay(pollMs);
  }
}

export function forgetTrial(directory: string): void {
  rmSync(directory, { recursive: true, force: true });
}

function pidFile(directory: string): string {
  return join(directory, 'pid');
}
