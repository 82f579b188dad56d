/**
 * What a killed server left in the data directory: a PostgreSQL that is still shutting down, or only its `postmaster.pid`.
 *
 * The caller holds the state lock, so whoever runs on this data has lost its server and is on its way out. A process
 * is taken for it only when its working directory is the data directory; a process number alone may have been given away since.
 * Throws: `database_unavailable` when it does not end within `limits.databaseStopMs`.
 */
import { readFile, readlink, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { GuiseError, limits } from '@guise/model';

const pollMs = 50;

export async function clearLeftover(dataDirectory: string): Promise<void> {
  const pidFile = join(dataDirectory, 'postmaster.pid');
  for (let waitedMs = 0; ; waitedMs += pollMs) {
    const pid = await postmasterPid(pidFile);
    if (pid === null) return;
    if (!(await runsOn(pid, dataDirectory))) return rm(pidFile, { force: true });
    if (waitedMs === 0) process.kill(pid, 'SIGINT');
    if (waitedMs >= limits.databaseStopMs) {
      throw new GuiseError('database_unavailable', `Cannot start: PostgreSQL ${pid} still runs on ${dataDirectory}`);
    }
    await sleep(pollMs);
  }
}

async function postmasterPid(pidFile: string): Promise<number | null> {
  try {
    const pid = Number.parseInt(await readFile(pidFile, 'utf8'), 10);
    return Number.isInteger(pid) && pid > 0 ? pid : null;
  } catch {
    return null;
  }
}

async function runsOn(pid: number, dataDirectory: string): Promise<boolean> {
  try {
    return (await readlink(`/proc/${pid}/cwd`)) === dataDirectory;
  } catch {
    return false;
  }
}
