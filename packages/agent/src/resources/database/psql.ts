/**
 * Runs psql as the user postgres over the local socket, where the server knows us by peer authentication.
 *
 * Throws: `change_failed` with what the server says; `database_unavailable` when none answers within `limits.postgresReadyMs`.
 * Source: psql(1).
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { GuiseError, limits } from '@guise/model';
import type { Host } from '../../host/host.ts';

export interface PsqlRun {
  readonly database: string;
  readonly script: string;
  readonly singleTransaction?: boolean;
}

/** Exit status of psql when the connection is bad; setpriv has others when there is no such user or program. */
const unreachable = 2;
/** Not runuser, which would begin a session of that user, with a service manager of its own. */
const asPostgres = ['setpriv', '--reuid', 'postgres', '--regid', 'postgres', '--init-groups', '--'];
const psql = ['psql', '--no-psqlrc', '--quiet', '--no-align', '--tuples-only', '--set', 'ON_ERROR_STOP=1'];
const prefix = [...asPostgres, ...psql];

/** Null when there is no server to ask. */
export async function ask(host: Host, query: string): Promise<string | null> {
  const { status, stdout } = await host.run([...prefix, '--dbname', 'postgres', '--command', query], {
    accept: 'any',
    reads: true,
  });
  return status === 0 ? stdout : null;
}

/** A server that was just started may need a moment. */
export async function runPsql(host: Host, { database, script, singleTransaction = false }: PsqlRun): Promise<void> {
  const argv = [...prefix, '--dbname', database, ...(singleTransaction ? ['--single-transaction'] : []), '--file', '-'];
  const deadline = performance.now() + limits.postgresReadyMs;
  for (;;) {
    const { status, stderr } = await host.run(argv, {
      input: script,
      accept: 'any',
      timeoutMs: limits.postgresScriptTimeoutMs,
    });
    if (status === 0) return;
    if (status === 3 || status === 1)
      throw new GuiseError('change_failed', `Cannot change PostgreSQL: ${firstError(stderr)}`, { detail: stderr });
    if (status !== unreachable || performance.now() > deadline) {
      throw new GuiseError('database_unavailable', `Cannot reach PostgreSQL on this host: ${firstError(stderr)}`, {
        detail: stderr,
      });
    }
    await sleep(limits.postgresRetryMs);
  }
}

/** A string constant; names go through `format('%I')` from there. */
export function literal(text: string | null): string {
  return text === null ? 'NULL' : `'${text.replaceAll("'", "''")}'`;
}

function firstError(stderr: string): string {
  return stderr.split('\n').find((line) => /ERROR|FATAL|error/.test(line)) ?? stderr.trim().split('\n')[0] ?? '';
}
