/**
 * Which process runs the trial, so that a second one is refused and `guise down` ends the right one.
 *
 * A process number alone may have been given away since; the process is taken for ours only when its command line says so.
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { GuiseError } from '@guise/model';

/** The command line from source, from its bundle, and as `guise` starts it. */
const programPattern = /\/(cli\/src\/main\.ts|cli\.js|bin\/launch\.mjs)$/;
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

/** Of a trial whose control plane has a process of its own besides: that process, so that it is found when the trial was killed. */
export function handServerTo(directory: string, pid: number): void {
  writeFileSync(serverPidFile(directory), `${pid}\n`);
}

/** Null when none is running. */
export function trialProcess(directory: string): number | null {
  return processIn(pidFile(directory));
}

function processIn(file: string): number | null {
  try {
    const pid = Number.parseInt(readFileSync(file, 'utf8'), 10);
    const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
    return words.some((word) => programPattern.test(word)) ? pid : null;
  } catch {
    return null;
  }
}

/** Asks it to end, waits, and ends it; then the control plane that it left, which is on its way out by itself. */
export async function endTrialProcess(directory: string): Promise<void> {
  await endProcess(pidFile(directory));
  await endProcess(serverPidFile(directory));
}

async function endProcess(file: string): Promise<void> {
  const pid = processIn(file);
  if (pid === null || pid === process.pid) return;
  process.kill(pid, 'SIGTERM');
  for (let waitedMs = 0; processIn(file) === pid; waitedMs += pollMs) {
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

function serverPidFile(directory: string): string {
  return join(directory, 'server.pid');
}
