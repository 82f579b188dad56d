/**
 * Keys that may log in as a user: lines of `~/.ssh/authorized_keys`, one rewrite per user and stage.
 *
 * The home belongs to the user, who may plant links in it; they are refused (see host/open-directories.ts). What guise had to make,
 * the file or `~/.ssh` too, is noted in the file and goes with the last key (see overlay-file.ts). `~/.ssh` appears and goes
 * with one rename, so that no crash leaves an empty one behind.
 * Throws: `change_failed` when the user or the home does not exist; `path_unsafe` on a planted link.
 * Source: sshd(8) "AUTHORIZED_KEYS FILE FORMAT".
 */
import { authorizedKeyId } from '@guise/decide';
import type { Address, AuthorizedKeyState, Change, State } from '@guise/model';
import { GuiseError, nameOf } from '@guise/model';
import { type Account, type Files, readAccounts } from '../../host/index.ts';
import type { Adapter } from '../adapter.ts';
import { type Dialect, entryOf, type Overlay, parseOverlay, renderOverlay, withEntry } from '../overlay-file.ts';
import { writeOverlay } from '../write-overlay.ts';

const keysName = 'authorized_keys';

const dialect: Dialect = {
  idsOf: (line) => {
    const id = line.startsWith('#') ? null : authorizedKeyId(line);
    return id === null ? [] : [id];
  },
  without: () => null,
};

export const authorizedKeyAdapter: Adapter = {
  kind: 'authorized_key',
  offline: true,

  async observe(asked, { host: { files } }) {
    const accounts = readAccounts(files);
    const overlays = new Map<string, Overlay | null>();
    return new Map(
      asked.map(({ address }): [Address, State] => {
        const { user, id } = keyOf(address);
        if (!overlays.has(user)) overlays.set(user, overlayOf(accounts.account(user), files));
        const overlay = overlays.get(user) ?? null;
        const line = overlay === null ? null : entryOf(overlay, id, dialect);
        return [address, { present: line !== null, line } satisfies AuthorizedKeyState];
      }),
    );
  },

  async apply(changes, { host: { files } }) {
    const accounts = readAccounts(files);
    for (const [user, own] of Map.groupBy(changes, (change) => keyOf(change.address).user)) {
      const account = accounts.account(user);
      if (account !== undefined) applyKeys(account, own, files);
      else if (own.some((change) => change.after['present'])) {
        throw new GuiseError(
          'change_failed',
          `Cannot give keys to ${JSON.stringify(user)}: this host has no such user`,
        );
      }
    }
  },

  sweep(addresses, { host: { files } }) {
    const accounts = readAccounts(files);
    for (const user of new Set(addresses.map((address) => keyOf(address).user))) {
      const account = accounts.account(user);
      if (account === undefined) continue;
      if (overlayOf(account, files) !== null) files.discardTemporary(pathsOf(account).keys);
      discardStaging(account, files);
    }
  },
};

function keyOf(address: Address): { readonly user: string; readonly id: string } {
  const [user = '', id = ''] = nameOf(address).split('/');
  return { user, id };
}

function pathsOf({ home }: Account): { readonly directory: string; readonly staging: string; readonly keys: string } {
  const base = home === '/' ? '' : home.replace(/\/+$/, '');
  return { directory: `${base}/.ssh`, staging: `${base}/.guise-ssh.tmp`, keys: `${base}/.ssh/${keysName}` };
}

/**
 * Null when the user does not exist, and so has no keys, or has planted a link in the way, behind which nothing is guise's. The latter must not
 * keep an undo from its end; whoever means to write there is refused all the same.
 */
function overlayOf(account: Account | undefined, files: Files): Overlay | null {
  if (account === undefined) return null;
  const { directory, keys } = pathsOf(account);
  try {
    return parseOverlay(files.readText(keys), files.status(directory).type === 'absent' ? 'file directory' : 'file');
  } catch (error) {
    if (error instanceof GuiseError && error.code === 'path_unsafe') return null;
    throw error;
  }
}

function applyKeys(account: Account, changes: readonly Change[], files: Files): void {
  const { directory, keys } = pathsOf(account);
  let overlay = overlayOf(account, files);
  if (overlay === null) {
    if (changes.every((change) => change.after['present'] === false)) return;
    throw new GuiseError(
      'path_unsafe',
      `Cannot give keys to ${JSON.stringify(account.name)}: a link leads from ${keys} elsewhere`,
    );
  }
  for (const { address, after } of changes) {
    const { present, line } = after as AuthorizedKeyState;
    overlay = withEntry(overlay, keyOf(address).id, present ? line : null, dialect);
  }
  const text = renderOverlay(overlay, dialect);
  const { uid, gid } = account;
  if (text === null && overlay.made === 'file directory') removeDirectoryWithKeys(account, files);
  else if (text !== null && files.status(directory).type === 'absent') makeDirectoryWithKeys(account, text, files);
  else writeOverlay(keys, overlay, dialect, files, { mode: '0600', uid, gid });
}

function makeDirectoryWithKeys(account: Account, text: string, files: Files): void {
  const { directory, staging } = pathsOf(account);
  const { name, uid, gid, home } = account;
  if (files.status(home).type !== 'directory') {
    throw new GuiseError(
      'change_failed',
      `Cannot give keys to ${JSON.stringify(name)}: the home ${home} does not exist`,
    );
  }
  discardStaging(account, files);
  files.makeDirectory(staging, '0700', uid, gid);
  files.write({ path: `${staging}/${keysName}`, content: Buffer.from(text), mode: '0600', uid, gid });
  files.rename(staging, directory);
}

/** The directory stays when its user has put something into it. */
function removeDirectoryWithKeys(account: Account, files: Files): void {
  const { directory, staging, keys } = pathsOf(account);
  if (files.list(directory).some((name) => name !== keysName)) {
    files.remove(keys);
  } else if (files.status(directory).type === 'directory') {
    files.rename(directory, staging);
    discardStaging(account, files);
  }
}

/** Only what guise itself leaves there: anything else with that name is the user's. */
function discardStaging(account: Account, files: Files): void {
  const { staging } = pathsOf(account);
  if (files.status(staging).type !== 'directory') return;
  const keys = `${staging}/${keysName}`;
  files.discardTemporary(keys);
  if (files.status(keys).type === 'file') files.remove(keys);
  if (files.list(staging).length === 0) files.remove(staging);
}
