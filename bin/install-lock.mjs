/**
 * Lets one installation run at a time in a clone, and frees the way when its holder dies, however it dies.
 *
 * flock(2) belongs to the open file, not to a process: flock(1) takes it through the descriptor it inherits and exits,
 * and the kernel drops it when the last process with that descriptor is gone. Nothing is ever stale or cleaned up.
 * Source: flock(1), the third form; flock(2).
 */
import { spawnSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { report } from './report.mjs';

/**
 * Calls `body` with the lock's descriptor, which a child inherits to hold the lock with this process.
 *
 * Throws: Error when flock(1) is missing (util-linux; busybox has it too) or the clone cannot be written.
 */
export function withInstallLock(root, body) {
  mkdirSync(join(root, '.guise'), { recursive: true });
  const lockFd = openSync(join(root, '.guise', 'install.lock'), 'w');
  try {
    if (!takeLock(lockFd, ['--nonblock'])) {
      const done = report('waiting for another installation in this clone');
      if (!takeLock(lockFd, [])) throw new Error('Cannot lock .guise/install.lock: flock failed');
      done();
    }
    return body(lockFd);
  } finally {
    closeSync(lockFd);
  }
}

/** Descriptor 3 in the child is the fourth entry of `stdio`. */
function takeLock(lockFd, options) {
  const flock = spawnSync('flock', [...options, '3'], { stdio: ['ignore', 'ignore', 'inherit', lockFd] });
  if (flock.error) throw new Error(`Cannot run flock, which comes with util-linux: ${flock.error.message}`);
  return flock.status === 0;
}
