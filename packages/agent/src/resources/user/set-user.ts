/** Writes one user into the account files held in memory: its lines, and its place in the groups' member lists. */
import type { UserState } from '@guise/model';
import { GuiseError } from '@guise/model';
import { type AccountDatabase, ranksOf } from '../accounts/account-database.ts';
import { type AccountFile, listOf, withMember } from '../accounts/account-file.ts';

/** Throws: `change_failed` when one of the groups does not exist. */
export function setUser(name: string, after: UserState, database: AccountDatabase): void {
  const { passwd, shadow } = database;
  if (!after.present) {
    passwd.remove(name);
    shadow?.remove(name);
    setMemberships(name, after, database);
    return;
  }
  const record = after.record ?? null;
  const before = passwd.fields(name) ?? record?.['passwd']?.text.split(':') ?? [];
  const inline = shadow === null ? (after.password ?? '*') : (before[1] ?? 'x');
  const uid = String(after.uid ?? before[2]);
  const rank = ranksOf(passwd, name, uid);
  passwd.set(
    [name, inline, uid, gidOf(name, after.group, database), after.comment ?? '', after.home ?? '', after.shell ?? ''],
    rank,
    record?.['passwd'],
  );
  if (shadow !== null && after.password !== null) {
    const fields = shadow.fields(name) ??
      record?.['shadow']?.text.split(':') ?? [name, '!', '', '0', '99999', '7', '', '', ''];
    shadow.set([name, after.password, ...fields.slice(2)], rank, record?.['shadow']);
  }
  setMemberships(name, after, database);
}

function gidOf(user: string, group: string | null, { group: groups }: AccountDatabase): string {
  const gid = groups.fields(group ?? '')?.[2] ?? (/^\d+$/.test(group ?? '') ? group : null);
  if (gid !== null) return gid;
  throw new GuiseError(
    'change_failed',
    `Cannot make the user ${JSON.stringify(user)}: this host has no group ${JSON.stringify(group)}`,
  );
}

function setMemberships(name: string, { present, groups, record }: UserState, database: AccountDatabase): void {
  for (const group of groups) {
    if (database.group.fields(group) !== undefined) continue;
    throw new GuiseError(
      'change_failed',
      `Cannot put ${JSON.stringify(name)} into the group ${JSON.stringify(group)}: this host has no such group`,
    );
  }
  // group and gshadow may disagree; where the record is of this very membership, each list is as it was.
  // A list may also name a user that does not exist; what it named before guise it names again.
  const belongs = (group: string, place: string): boolean => {
    if (!present) return record?.[`${place}/${group}`] !== undefined;
    const member = groups.includes(group);
    const recorded = record?.[`group/${group}`] !== undefined;
    return recorded === member ? record?.[`${place}/${group}`] !== undefined : member;
  };
  const edit = (file: AccountFile, place: string): void => {
    for (const fields of file.all()) {
      const members = listOf(fields[3]);
      const next = belongs(fields[0]!, place)
        ? withMember(members, name, record?.[`${place}/${fields[0]}`])
        : members.filter((member) => member !== name);
      if (next.join() !== members.join()) file.replace([...fields.slice(0, 3), next.join(), ...fields.slice(4)]);
    }
  };
  edit(database.group, 'group');
  if (database.gshadow !== null) edit(database.gshadow, 'gshadow');
}
