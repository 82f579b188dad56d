/**
 * Names and numbers of a host's users and groups, from its own files.
 *
 * Only passwd(5) and group(5): accounts of a directory service have no line there, so their files show a number as owner. That
 * keeps observation free of waiting for a network.
 */
import { GuiseError } from '@guise/model';
import type { Files } from './host.ts';

export interface Account {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  readonly home: string;
}

export interface Accounts {
  userOf(uid: number): string;
  groupOf(gid: number): string;
  /** Throws: `change_failed` when there is no such user and the text is no number. */
  uidOf(user: string): number;
  gidOf(group: string): number;
  /** Undefined when passwd has no such user. */
  account(user: string): Account | undefined;
}

export function readAccounts(files: Files): Accounts {
  const users = parseUsers(files.readText('/etc/passwd') ?? '');
  const groups = parseGroups(files.readText('/etc/group') ?? '');
  const userNames = firstByNumber([...users.values()].map((user) => [user.uid, user.name]));
  const groupNames = firstByNumber([...groups].map(([name, gid]) => [gid, name]));
  return {
    userOf: (uid) => userNames.get(uid) ?? String(uid),
    groupOf: (gid) => groupNames.get(gid) ?? String(gid),
    uidOf: (user) => users.get(user)?.uid ?? numberOr(user, 'user'),
    gidOf: (group) => groups.get(group) ?? numberOr(group, 'group'),
    account: (user) => users.get(user),
  };
}

function parseUsers(text: string): ReadonlyMap<string, Account> {
  const users = new Map<string, Account>();
  for (const line of text.split('\n')) {
    const [name, , uid, gid, , home] = line.split(':');
    if (name !== undefined && home !== undefined && !users.has(name))
      users.set(name, { name, uid: Number(uid), gid: Number(gid), home });
  }
  return users;
}

function parseGroups(text: string): ReadonlyMap<string, number> {
  const groups = new Map<string, number>();
  for (const line of text.split('\n')) {
    const [name, , gid] = line.split(':');
    if (name !== undefined && gid !== undefined && !groups.has(name)) groups.set(name, Number(gid));
  }
  return groups;
}

/** Of several names with one number the C library takes the first. */
function firstByNumber(pairs: readonly (readonly [number, string])[]): ReadonlyMap<number, string> {
  return new Map([...pairs].reverse());
}

function numberOr(text: string, what: string): number {
  if (/^\d{1,10}$/.test(text)) return Number(text);
  throw new GuiseError(
    'change_failed',
    `Cannot give a file to the ${what} ${JSON.stringify(text)}: this host has no such ${what}`,
  );
}
