/**
 * Homes: made as a copy of `/etc/skel`, removed as far as they still are one.
 *
 * Only the user and root can get at what is inside, and the walk follows no links of theirs (see host/open-directories.ts).
 */
import { GuiseError } from '@guise/model';
import { digestOf, type Files, readAccounts } from '../../host/index.ts';

const skeleton = '/etc/skel';
/** As adduser(8) and useradd(8) have it on Debian 12. */
const homeMode = '0700';

/** Made beside its place and then renamed, so that a home is there whole or not at all. */
export function makeHome(user: string, home: string, files: Files): void {
  if (files.status(home).type === 'directory') return;
  const account = readAccounts(files).account(user);
  if (account === undefined)
    throw new GuiseError(
      'change_failed',
      `Cannot make the home ${home}: this host has no user ${JSON.stringify(user)}`,
    );
  const { uid, gid } = account;
  const staging = stagingOf(home);
  removeCopy(staging, files);
  files.makeDirectory(staging, homeMode, uid, gid);
  for (const relative of entriesOf(skeleton, files)) {
    const { type, mode, target } = files.status(`${skeleton}/${relative}`);
    const path = `${staging}/${relative}`;
    if (type === 'directory') files.makeDirectory(path, mode!, uid, gid);
    else if (type === 'symlink') files.makeSymlink(path, target!, uid, gid);
    else if (type === 'file') {
      const content = files.read(`${skeleton}/${relative}`) ?? new Uint8Array();
      files.write({ path, content, mode: mode!, uid, gid });
    }
  }
  files.rename(staging, home);
}

/** Throws: `change_failed` when a home that is to go holds what did not come from the skeleton. */
export function mustHoldNothingElse(user: string, home: string, files: Files): void {
  const [first] = foreignIn(home, files);
  if (first === undefined) return;
  throw new GuiseError(
    'change_failed',
    `Cannot remove the home of ${JSON.stringify(user)}: ${home}/${first} did not come from ${skeleton}, and guise does not remove what others made`,
  );
}

/** A home that is a copy of the skeleton goes at once, by its name; of any other, what still is as in the skeleton. */
export function removeHome(home: string, files: Files): void {
  const foreign = foreignIn(home, files);
  if (foreign.length === 0) {
    removeCopy(stagingOf(home), files);
    files.rename(home, stagingOf(home));
    removeCopy(stagingOf(home), files);
    return;
  }
  for (const relative of entriesOf(home, files).reverse()) {
    const kept = foreign.some((path) => path === relative || path.startsWith(`${relative}/`));
    if (!kept) files.remove(`${home}/${relative}`);
  }
}

/** Whether `makeHome` would make the very same again. */
export function isWholeCopy(home: string, uid: number | null, files: Files): boolean {
  const status = files.status(home);
  const whole = entriesOf(skeleton, files).every((relative) => files.status(`${home}/${relative}`).type !== 'absent');
  return whole && status.mode === homeMode && status.uid === uid && foreignIn(home, files).length === 0;
}

/** Whether anything there could be from the skeleton. */
export function hasOfSkeleton(home: string, files: Files): boolean {
  return entriesOf(skeleton, files).some((relative) => files.status(`${home}/${relative}`).type !== 'absent');
}

/** Removes what a killed run was making or removing. */
export function sweepHome(home: string, files: Files): void {
  removeCopy(stagingOf(home), files);
}

function removeCopy(directory: string, files: Files): void {
  for (const relative of entriesOf(directory, files).reverse()) files.remove(`${directory}/${relative}`);
  for (const relative of entriesOf(skeleton, files)) files.discardTemporary(`${directory}/${relative}`);
  files.remove(directory);
}

function stagingOf(home: string): string {
  const slash = home.lastIndexOf('/');
  return `${home.slice(0, slash)}/.guise-home-${home.slice(slash + 1)}`;
}

/** Relative paths in a home that the skeleton does not have, or has otherwise. */
export function foreignIn(home: string, files: Files): readonly string[] {
  return entriesOf(home, files).filter((relative) => !sameAsSkeleton(relative, home, files));
}

function sameAsSkeleton(relative: string, home: string, files: Files): boolean {
  const here = files.status(`${home}/${relative}`);
  const there = files.status(`${skeleton}/${relative}`);
  if (here.type !== there.type || here.sizeBytes !== there.sizeBytes || here.target !== there.target)
    return here.type === 'directory' && there.type === 'directory';
  if (here.type !== 'file') return here.type !== 'other';
  const mine = files.read(`${home}/${relative}`);
  const skel = files.read(`${skeleton}/${relative}`);
  return mine !== null && skel !== null && digestOf(mine) === digestOf(skel);
}

/** Relative paths below a directory, parents before children. Looks only as far into a home as the skeleton reaches. */
function entriesOf(directory: string, files: Files): string[] {
  const found: string[] = [];
  const pending = [''];
  for (let relative = pending.shift(); relative !== undefined; relative = pending.shift()) {
    for (const name of files.list(`${directory}${relative === '' ? '' : `/${relative}`}`)) {
      const path = relative === '' ? name : `${relative}/${name}`;
      found.push(path);
      const inSkeleton = files.status(`${skeleton}/${path}`).type === 'directory';
      if (inSkeleton && files.status(`${directory}/${path}`).type === 'directory') pending.push(path);
    }
  }
  return found;
}
