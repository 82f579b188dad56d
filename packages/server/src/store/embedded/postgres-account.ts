/**
 * Whom the embedded PostgreSQL runs as. It refuses to be root, so a root server gives it the system's `postgres` account.
 *
 * Throws: `database_unavailable` when the account cannot be made.
 */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { GuiseError } from '@guise/model';

const run = promisify(execFile);
const accountName = 'postgres';

export interface Account {
  readonly uid: number;
  readonly gid: number;
}

/** Null when this process may run PostgreSQL as itself. */
export async function postgresAccount(): Promise<Account | null> {
  if (process.getuid?.() !== 0) return null;
  return (await find()) ?? (await create());
}

async function find(): Promise<Account | null> {
  try {
    const [uid, gid] = await Promise.all([run('id', ['-u', accountName]), run('id', ['-g', accountName])]);
    return { uid: Number(uid.stdout), gid: Number(gid.stdout) };
  } catch {
    return null;
  }
}

async function create(): Promise<Account> {
  try {
    await run('useradd', ['--system', '--user-group', '--no-create-home', '--shell', '/usr/sbin/nologin', accountName]);
  } catch (cause) {
    throw new GuiseError('database_unavailable', `Cannot create the account "${accountName}" for PostgreSQL`, {
      cause,
    });
  }
  const account = await find();
  if (account !== null) return account;
  throw new GuiseError('database_unavailable', `Cannot find the account "${accountName}" that was just created`);
}
