/** What the account files say of one user. */
import { absentState } from '@guise/decide';
import type { AccountRecord, State, UserState } from '@guise/model';
import type { Files } from '../../host/index.ts';
import type { AccountDatabase } from '../accounts/account-database.ts';
import { type AccountFile, listOf, memberPlace, type Place } from '../accounts/account-file.ts';

/** `known` says where the home of a user would be that does not exist: a home that was there before must not be taken for guise's. */
export function userState(name: string, known: State | null, database: AccountDatabase, files: Files): UserState {
  const fields = database.passwd.fields(name);
  if (fields === undefined) {
    const home = homeOf(name, known as UserState | null);
    return {
      ...(absentState('user') as UserState),
      home_present: files.status(home).type === 'directory',
      torn: isTorn(name, database),
      // Lists of members may name a user that does not exist, and are to name it again when it is gone again.
      record: recordOf(name, database),
    };
  }
  const [, inline = '', uid, gid, comment = '', home = '', shell = ''] = fields;
  const groups = database.group.all();
  return {
    present: true,
    uid: Number(uid),
    group: groups.find((group) => group[2] === gid)?.[0] ?? gid ?? null,
    groups: groups
      .filter((group) => listOf(group[3]).includes(name))
      .map((group) => group[0]!)
      .sort(),
    home,
    shell,
    comment,
    password: database.shadow?.fields(name)?.[1] ?? inline,
    home_present: /^\/./.test(home) && files.status(home.replace(/\/+$/, '')).type === 'directory',
    torn: isTorn(name, database),
    record: recordOf(name, database),
  };
}

function isTorn(name: string, { passwd, shadow, group, gshadow }: AccountDatabase): boolean {
  if (shadow !== null && (passwd.fields(name) === undefined) !== (shadow.fields(name) === undefined)) return true;
  const groupsOf = (file: AccountFile): string =>
    file
      .all()
      .filter((fields) => listOf(fields[3]).includes(name))
      .map(([group = '']) => group)
      .sort()
      .join();
  return gshadow !== null && groupsOf(group) !== groupsOf(gshadow);
}

export function homeOf(name: string, state: UserState | null): string {
  return (state?.home ?? `/home/${name}`).replace(/(?<=.)\/+$/, '');
}

function recordOf(name: string, { passwd, shadow, group, gshadow }: AccountDatabase): AccountRecord {
  const places: { [place: string]: { text: string; after: string | null; index: number } } = {};
  const keep = (at: string, place: Place | undefined): void => {
    if (place !== undefined) places[at] = { ...place };
  };
  keep('passwd', passwd.place(name));
  keep('shadow', shadow?.place(name));
  for (const fields of group.all()) keep(`group/${fields[0]}`, memberPlace(listOf(fields[3]), name));
  for (const fields of gshadow?.all() ?? []) keep(`gshadow/${fields[0]}`, memberPlace(listOf(fields[3]), name));
  return places;
}
