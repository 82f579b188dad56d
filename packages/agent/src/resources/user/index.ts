/**
 * Users, by their lines in the account files, with the home that comes with them.
 *
 * All users of a stage are one pass over the files. A new user's private group comes as an implied address, and so do the numbers, because
 * a plan must be concrete. A changed number does not give the user's files to the new one. A home is made from `/etc/skel` and removed again as far
 * as it still is that; what its user put there is never removed.
 * New shadow lines have no date of change, which switches password ageing off; lines that exist keep theirs.
 * Source: passwd(5), shadow(5), useradd(8).
 */
import type { Address, State, UserState } from '@guise/model';
import { nameOf } from '@guise/model';
import { editAccounts, readAccountDatabase, sweepAccounts } from '../accounts/account-database.ts';
import type { Adapter } from '../adapter.ts';
import { makeHome, mustHoldNothingElse, removeHome, sweepHome } from './home.ts';
import { resolveUsers } from './resolve.ts';
import { setUser } from './set-user.ts';
import { homeOf, userState } from './user-state.ts';

export const userAdapter: Adapter = {
  kind: 'user',
  offline: true,

  async observe(asked, { host }) {
    const database = readAccountDatabase(host.files);
    return new Map(
      asked.map(({ address, known }): [Address, State] => [
        address,
        userState(nameOf(address), known, database, host.files),
      ]),
    );
  },

  resolve: async (wanted, released, live, { host }) => resolveUsers(wanted, released, live, host.files),

  async apply(changes, { host: { files }, signal, undoing }) {
    const goals = changes.map(({ address, before, after }) => {
      const name = nameOf(address);
      const home = homeOf(name, (after['home'] === null ? before : after) as UserState);
      return { name, after: after as UserState, home, hadHome: before['home_present'] === true };
    });
    const leaving = goals.filter(
      ({ after, home, hadHome }) => hadHome && after.home_present === false && files.status(home).type === 'directory',
    );
    if (!undoing) for (const { name, home } of leaving) mustHoldNothingElse(name, home, files);
    await editAccounts(files, signal, (database) => {
      const index = ({ record }: UserState): number => record?.['passwd']?.index ?? Number.POSITIVE_INFINITY;
      const inPlace = [...goals].sort((a, b) =>
        index(a.after) === index(b.after) ? 0 : index(a.after) - index(b.after),
      );
      for (const { name, after } of inPlace) setUser(name, after, database);
    });
    for (const { home } of leaving) removeHome(home, files);
    for (const { name, after, home } of goals) if (after.present && after.home_present) makeHome(name, home, files);
  },

  sweep(addresses, { host: { files } }) {
    sweepAccounts(files);
    const { passwd } = readAccountDatabase(files);
    for (const address of addresses)
      sweepHome(passwd.fields(nameOf(address))?.[5] ?? `/home/${nameOf(address)}`, files);
  },
};
