/**
 * Whom the control plane runs as when root starts it: a system account of its own, made at the first start.
 *
 * Not `guise`: who is in the group of that name may tell a host's agent what to do (agent/src/host/socket-path.ts).
 * Throws: `not_permitted` when the account is not there and cannot be made, or is root.
 * Source: useradd(8), id(1).
 */
import { execFileSync } from 'node:child_process';
import { GuiseError } from '@guise/model';

const serverAccountName = 'guise-server';

export interface ServerAccount {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

/** Only the account by the default name is made. */
export function serverAccount(name: string = serverAccountName): ServerAccount {
  if (!/^[a-z_][a-z0-9_-]{0,31}$/.test(name)) {
    throw new GuiseError('argument_invalid', `Cannot use ${JSON.stringify(name)} as an account: it is no account name`);
  }
  const account = find(name) ?? (name === serverAccountName ? make(name) : null);
  if (account === null) throw new GuiseError('not_permitted', `Cannot run as "${name}": there is no such account`);
  if (account.uid !== 0) return account;
  throw new GuiseError('not_permitted', `Cannot run as "${name}": it is root, and the control plane must not be`);
}

function find(name: string): ServerAccount | null {
  const number = (option: string) =>
    Number(execFileSync('id', [option, '--', name], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }));
  try {
    return { name, uid: number('-u'), gid: number('-g') };
  } catch {
    return null;
  }
}

function make(name: string): ServerAccount | null {
  const home = ['--no-create-home', '--home-dir', '/nonexistent', '--shell', '/usr/sbin/nologin'];
  try {
    execFileSync('useradd', ['--system', '--user-group', ...home, '--', name], { stdio: ['ignore', 'ignore', 'pipe'] });
  } catch (cause) {
    // Somebody else may have made it at the same moment.
    const made = find(name);
    if (made !== null) return made;
    throw new GuiseError('not_permitted', `Cannot make the account "${name}": name one that there is with --user`, {
      cause,
    });
  }
  return find(name);
}
