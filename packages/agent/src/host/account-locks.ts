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
  const held: string[] = [];
  try {
    for (const path of locked) {
      await acquire(files, `${path}.lock`, signal);
      held.push(`${path}.lock`);
    }
    return body();
  } finally {
    for (const path of held.reverse()) files.remove(path);
  }
}

async function acquire(files: Files, path: string, signal: AbortSignal): Promise<void> {
  const attempts = Math.ceil(limits.accountLockTimeoutMs / limits.accountLockRetryMs);
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    if (files.claim(path, String(process.pid))) return;
    const holder = Number.parseInt(files.readText(path) ?? '', 10);
    // Our own number is stale too: a killed run had it, because this one holds no lock yet.
    if (Number.isInteger(holder) && (holder === process.pid || !alive(holder))) files.remove(path);
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
