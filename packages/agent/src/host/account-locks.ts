/**
 * Keeps useradd(8), passwd(1) and their like away from the account files while guise changes them.
 *
 * The lock is theirs: `/etc/passwd.lock` and so on, made by link(2) from a file that holds the owner's process id, and stale when no
 * such process lives. shadow-utils takes one more, an fcntl(2) lock on `/etc/.pwd.lock` (lckpwdf(3)), which Node cannot take; programs
 * that only take that one, such as systemd-sysusers, are not kept away. They also replace files whole, so none is ever torn: at worst
 * one of two simultaneous changes is lost, and the read-back after the change finds that.
 * Throws: `host_busy` when somebody holds a lock for more than `limits.accountLockTimeoutMs`.
 * Source: shadow-utils lib/commonio.c.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { GuiseError, limits } from '@guise/model';
import type { Files } from './host.ts';

/** In the order in which shadow-utils takes them. */
const locked = ['/etc/passwd', '/etc/group', '/etc/gshadow', '/etc/shadow'];

/** Runs `body` while holding all of them. */
export async function withAccountLocks<T>(files: Files, signal: AbortSignal, body: () => T): Promise<T> {
  try {
    for (const path of locked) await acquire(files, `${path}.lock`, signal);
    return body();
  } finally {
    releaseAccountLocks(files);
  }
}

/** Removes the locks that this process holds, also one that it does not know of because taking it failed half-way. */
function releaseAccountLocks(files: Files): void {
  for (const path of [...locked].reverse()) {
    if (files.readText(`${path}.lock`) === String(process.pid)) files.remove(`${path}.lock`);
  }
}

/** Removes what a killed run left, and nobody else's. */
export function dropStaleAccountLocks(files: Files): void {
  for (const path of locked) if (isStale(`${path}.lock`, files)) files.remove(`${path}.lock`);
}

/** Our own number is stale too, as long as this process holds no lock: an earlier one had it. */
function isStale(path: string, files: Files): boolean {
  const holder = Number.parseInt(files.readText(path) ?? '', 10);
  return Number.isInteger(holder) && (holder === process.pid || !alive(holder));
}

async function acquire(files: Files, path: string, signal: AbortSignal): Promise<void> {
  const attempts = Math.ceil(limits.accountLockTimeoutMs / limits.accountLockRetryMs);
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    if (files.claim(path, String(process.pid))) return;
    if (isStale(path, files)) files.remove(path);
    else await sleep(limits.accountLockRetryMs, undefined, { signal });
  }
  throw new GuiseError(
    'host_busy',
    `Cannot change users and groups: ${path} was held for ${limits.accountLockTimeoutMs / 1000} s by process ${files.readText(path) ?? '?'}`,
  );
}

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
