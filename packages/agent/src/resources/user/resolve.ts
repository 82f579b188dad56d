/**
 * Makes users concrete: a number for each, a group for those whose group has their own name.
 *
 * That group is implied always, also when it exists: so it is never taken for one that nobody wants. When a user goes, its home goes too
 * if guise made it, or could make the very same from `/etc/skel` again; any other home stays, and a warning says so.
 */
import type { Address, GroupState, State, UserState } from '@guise/model';
import { addressOf, nameOf } from '@guise/model';
import type { Files } from '../../host/index.ts';
import { type AccountDatabase, readAccountDatabase } from '../accounts/account-database.ts';
import { freeNumber } from '../accounts/free-numbers.ts';
import type { Resolution } from '../adapter.ts';
import { foreignIn, hasOfSkeleton, isWholeCopy } from './home.ts';
import { homeOf } from './user-state.ts';

type States = ReadonlyMap<Address, State>;

export function resolveUsers(wanted: States, released: States, live: States, files: Files): Resolution {
  const database = readAccountDatabase(files);
  const targets = new Map<Address, State>();
  const implied = new Map<Address, State>();
  const warnings: string[] = [];
  const taken = takenNumbers(wanted, database);
  for (const [address, state] of sorted(new Map([...wanted, ...released]))) {
    let target = state as UserState;
    const name = nameOf(address);
    const now = live.get(address) as UserState | undefined;
    if (
      !target.home_present &&
      now?.home_present === true &&
      (!target.present || homeOf(name, target) === homeOf(name, now))
    ) {
      const home = homeOf(name, now);
      // A home that is an address of its own, and was not made from the skeleton, comes and goes as that address says.
      if (!target.present && live.has(addressOf('file', home)) && !hasOfSkeleton(home, files)) {
        targets.set(address, { ...target, home_present: null });
        continue;
      }
      const isOurs = !wanted.has(address) || isWholeCopy(homeOf(name, now), now.uid, files);
      const stays = !now.present || !isOurs || holdsMore(name, now, live, files);
      if (stays) target = { ...target, home_present: true };
      targets.set(address, target);
      if (stays && now.present && !target.present)
        warnings.push(`${homeOf(name, now)} stays: it is not, or not only, what guise put there`);
    }
    if (!target.present || !wanted.has(address)) continue;
    const uid = target.uid ?? now?.uid ?? freeNumber(name, target['system'] === true, taken);
    targets.set(address, { ...target, uid });
    if (target.group === name)
      implied.set(addressOf('group', name), privateGroup(name, uid, target['system'] === true, taken, database));
  }
  return { targets, implied, warnings };
}

function takenNumbers(wanted: States, { passwd, group }: AccountDatabase): Set<number> {
  const claimed = [...wanted.values()].flatMap(({ uid }) => (typeof uid === 'number' ? [uid] : []));
  return new Set([...[...passwd.all(), ...group.all()].map((fields) => Number(fields[2])), ...claimed]);
}

/** Of the user's number where that is free. */
function privateGroup(
  name: string,
  uid: number,
  system: boolean,
  taken: Set<number>,
  { group }: AccountDatabase,
): GroupState {
  const now = group.fields(name)?.[2];
  if (now !== undefined) return { present: true, gid: Number(now), torn: false, record: null };
  const free = group.all().every((fields) => Number(fields[2]) !== uid);
  return { present: true, gid: free ? uid : freeNumber(name, system, taken), torn: false, record: null };
}

/** Keys that guise put there leave with the user, and their folder with them if nothing else is in it. */
function holdsMore(name: string, now: UserState, live: States, files: Files): boolean {
  const home = homeOf(name, now);
  return foreignIn(home, files).some((path) => path !== '.ssh' || !holdsOnlyOurKeys(name, `${home}/.ssh`, live, files));
}

function holdsOnlyOurKeys(name: string, folder: string, live: States, files: Files): boolean {
  if (files.list(folder).join() !== 'authorized_keys') return false;
  const ours = [...live].filter(
    ([address, { present }]) => address.startsWith(`authorized_key:${name}/`) && present === true,
  );
  const lines = (files.readText(`${folder}/authorized_keys`) ?? '')
    .split('\n')
    .filter((line) => line.trim() !== '' && !line.startsWith('#guise'));
  return lines.every((line) => ours.some(([, state]) => state['line'] === line));
}

function sorted(states: States): readonly (readonly [Address, State])[] {
  return [...states].sort(([a], [b]) => (a < b ? -1 : 1));
}
