/**
 * What a host is, read from its files: packages, units that start at boot, accounts, mounts, and the files of its configuration.
 *
 * Shape: part → name → digest of what has this name. Nothing runs, so an offline tree has a fingerprint too.
 * A directory on which another file system is mounted is only itself. What `changesByItself` lists is left out, each for its reason.
 * Throws: `limit_exceeded` past `limits.fingerprintEntries`.
 */
import { setImmediate as othersTurn } from 'node:timers/promises';
import { canonicalJson, type Digest, GuiseError, type Json, limits } from '@guise/model';
import { digestOf } from '../host/digest.ts';
import type { Files, Host } from '../host/host.ts';
import { type MountInfo, parseMountInfo } from '../host/mount-info.ts';
import { AccountFile } from '../resources/accounts/account-file.ts';
import { readDpkgStatus } from '../resources/package/dpkg-status.ts';
import { readEnablements } from '../resources/systemd/enablement.ts';

export type Entries = { readonly [name: string]: Digest };
export type Parts = { readonly [part in 'packages' | 'units' | 'users' | 'mounts' | 'files']: Entries };

/** Looked at in every host, besides the directories that it is configured with. */
const always = ['/etc', '/root/.ssh', '/var/spool/cron'];

/** The second field is a hash and the third the day of its last change, which changes when a password is set to what it was. */
const accountFiles: { readonly [path: string]: (fields: readonly string[]) => readonly string[] } = {
  '/etc/passwd': (fields) => fields,
  '/etc/group': (fields) => fields,
  '/etc/shadow': ([name = '', hash = '', , ...rest]) => [name, hash, ...rest],
  '/etc/gshadow': (fields) => fields,
};

const changesByItself: ReadonlySet<string> = new Set([
  // Written by whatever configures the network, as networks come and go.
  '/etc/resolv.conf',
  // Made from the libraries that there are, which packages and files tell of.
  '/etc/ld.so.cache',
  // The drift of the hardware clock.
  '/etc/adjtime',
  // An empty file that the first change of an account leaves, and the copies that each leaves of the files before it.
  '/etc/.pwd.lock',
  ...['passwd', 'group', 'shadow', 'gshadow', 'subuid', 'subgid'].map((name) => `/etc/${name}-`),
  // In `users`, line by line.
  ...Object.keys(accountFiles),
]);

/** What systemd and the kernel mount and unmount as they go. */
const ofTheKernel = /^\/(proc|sys|dev|run)(\/|$)/;

const unitDirectories = ['/etc/systemd/system', '/usr/local/lib/systemd/system', '/usr/lib/systemd/system'];
const unitName = /\.(service|socket|timer|path|target|mount|automount|swap|slice)$/;

export async function fingerprintParts(
  host: Host,
  directories: readonly string[],
  leftOut: ReadonlySet<string>,
): Promise<Parts> {
  const { files } = host;
  const mounts = host.live ? parseMountInfo(files.readText('/proc/self/mountinfo') ?? '') : [];
  return {
    packages: packageEntries(files),
    units: unitEntries(files),
    users: userEntries(files),
    mounts: mountEntries(mounts),
    files: await fileEntries(files, mounts, directories, leftOut),
  };
}

export function entryOf(value: Json): Digest {
  return digestOf(Buffer.from(canonicalJson(value)));
}

function packageEntries(files: Files): Entries {
  return Object.fromEntries(
    [...readDpkgStatus(files)].flatMap(([name, { version, status, needsReinstall }]) =>
      status === 'not-installed' ? [] : [[name, entryOf([version, status, needsReinstall])]],
    ),
  );
}

function unitEntries(files: Files): Entries {
  const units = unitDirectories.flatMap((directory) => files.list(directory).filter((name) => unitName.test(name)));
  return Object.fromEntries([...readEnablements(units, files)].map(([unit, state]) => [unit, entryOf(state)]));
}

function userEntries(files: Files): Entries {
  return Object.fromEntries(
    Object.entries(accountFiles).flatMap(([path, lasting]) => {
      const { mode, uid, gid } = files.status(path);
      const lines = new AccountFile(files.readText(path) ?? '').all();
      const own = [path, entryOf([mode, uid, gid])] as const;
      return [own, ...lines.map((fields) => [`${path} ${fields[0]}`, entryOf([...lasting(fields)])] as const)];
    }),
  );
}

/** Of two with one path, the later hides the earlier. Options differ between kernels, but for whether it can be written to. */
function mountEntries(mounts: readonly MountInfo[]): Entries {
  return Object.fromEntries(
    mounts.flatMap(({ path, root, fstype, options }) =>
      ofTheKernel.test(path) ? [] : [[path, entryOf([root, fstype, options.includes('ro')])] as const],
    ),
  );
}

async function fileEntries(
  files: Files,
  mounts: readonly MountInfo[],
  directories: readonly string[],
  leftOut: ReadonlySet<string>,
): Promise<Entries> {
  const mounted = new Set(mounts.map(({ path }) => path));
  const entries: { [path: string]: Digest } = {};
  const pending = [...new Set([...always, ...directories])];
  const beginnings = new Set(pending);
  let count = 0;
  for (let path = pending.pop(); path !== undefined; path = pending.pop()) {
    if (changesByItself.has(path) || leftOut.has(path) || entries[path] !== undefined) continue;
    const entry = fileEntry(path, files);
    if (entry === null) {
      // Its name is not UTF-8: that it is there is all that can be told.
      if (path.includes('\uFFFD')) entries[path] = entryOf(['unreadable']);
      continue;
    }
    entries[path] = entry.digest;
    count += 1;
    if (count > limits.fingerprintEntries) throw tooMany(directories);
    if (count % limits.fingerprintEntriesPerTurn === 0) await othersTurn();
    if (entry.isDirectory && (beginnings.has(path) || !mounted.has(path)))
      pending.push(...files.list(path).map((name) => `${path}/${name}`));
  }
  return entries;
}

function fileEntry(path: string, files: Files): { readonly digest: Digest; readonly isDirectory: boolean } | null {
  const { type, mode, uid, gid, sizeBytes, mtimeMs, target } = files.status(path);
  if (type === 'absent') return null;
  const content =
    type !== 'file' ? target : sizeBytes > limits.fingerprintFileBytes ? [sizeBytes, mtimeMs] : contentOf(path, files);
  return { digest: entryOf([type, mode, uid, gid, content]), isDirectory: type === 'directory' };
}

function contentOf(path: string, files: Files): Digest | null {
  const bytes = files.read(path);
  return bytes === null ? null : digestOf(bytes);
}

function tooMany(directories: readonly string[]): GuiseError {
  return new GuiseError(
    'limit_exceeded',
    `Cannot take a fingerprint: /etc, ${directories.join(', ')} have more than ${limits.fingerprintEntries} entries`,
  );
}
