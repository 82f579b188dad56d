/**
 * Who is logged in on this machine, and in which groups they are.
 *
 * logind writes one file per session and replaces it at every change; where there is no logind, utmp says who came by a terminal.
 * Sessions of greeters, of user managers and of programs in the background are nobody's presence.
 * Source: sd-login(3), logind's `session_save`; utmp(5).
 */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { limits } from '@guise/model';

export interface LoginFiles {
  /** Null when it is not there or cannot be read. */
  read(path: string): Buffer | null;
  /** Null when it is not there. */
  list(path: string): readonly string[] | null;
}

/** User → groups, of everybody who is logged in. Null: this host keeps no record that can be read. */
export type Logins = ReadonlyMap<string, readonly string[]>;

export const sessionsDirectory = '/run/systemd/sessions';
const utmpPath = '/run/utmp';

/** `struct utmp` on 64-bit Linux: type, pid, line, id, user at these offsets. */
const utmpRecordBytes = 384;
const utmpUserAt = 44;
const utmpUserBytes = 32;
const utmpUserProcess = 7;

export function readLogins(files: LoginFiles = localLoginFiles): Logins | null {
  const users = usersOfLogind(files) ?? usersOfUtmp(files);
  if (users === null) return null;
  const groupsOf = membership(textOf(files, '/etc/passwd'), textOf(files, '/etc/group'));
  return new Map([...new Set(users)].sort().map((user) => [user, groupsOf(user)] as const));
}

function usersOfLogind(files: LoginFiles): readonly string[] | null {
  const sessions = files.list(sessionsDirectory);
  if (sessions === null) return null;
  // Beside each session is a named pipe that ends in ".ref".
  const names = sessions.filter((name) => /^[A-Za-z0-9]+$/.test(name)).slice(0, limits.sessionsPerHost);
  return names.flatMap((name) => presentUser(textOf(files, `${sessionsDirectory}/${name}`)) ?? []);
}

/** Null when the session is not a person's, or is on its way out. */
export function presentUser(session: string): string | null {
  const fields = new Map([...session.matchAll(/^([A-Z_]+)=(.*)$/gm)].map(([, key, value]) => [key!, value!] as const));
  const isPerson = ['user', 'user-early', 'user-light', 'user-early-light'].includes(fields.get('CLASS') ?? '');
  return isPerson && fields.get('STATE') !== 'closing' ? (fields.get('USER') ?? null) : null;
}

function usersOfUtmp(files: LoginFiles): readonly string[] | null {
  const bytes = files.read(utmpPath);
  if (bytes === null) return null;
  const users: string[] = [];
  for (let at = 0; at + utmpRecordBytes <= bytes.length; at += utmpRecordBytes) {
    if (bytes.readInt16LE(at) !== utmpUserProcess) continue;
    const name = bytes.subarray(at + utmpUserAt, at + utmpUserAt + utmpUserBytes).toString('utf8');
    users.push(name.replace(/\0.*$/s, ''));
  }
  return users.slice(0, limits.sessionsPerHost);
}

/** Only passwd(5) and group(5), as everywhere: see accounts.ts. */
function membership(passwd: string, group: string): (user: string) => readonly string[] {
  const primary = new Map(
    passwd
      .split('\n')
      .map((line) => line.split(':'))
      .map(([user, , , gid]) => [user, gid]),
  );
  const groups = group.split('\n').map((line) => {
    const [name = '', , gid, members = ''] = line.split(':');
    return { name, gid, members: members.split(',') };
  });
  return (user) =>
    groups
      .filter(({ name, gid, members }) => name !== '' && (members.includes(user) || gid === primary.get(user)))
      .map(({ name }) => name)
      .sort();
}

function textOf(files: LoginFiles, path: string): string {
  return files.read(path)?.toString('utf8') ?? '';
}

export const localLoginFiles: LoginFiles = {
  read: (path) => {
    try {
      return statSync(path).isFile() ? readFileSync(path) : null;
    } catch {
      return null;
    }
  },
  list: (path) => {
    try {
      return readdirSync(path);
    } catch {
      return null;
    }
  },
};
