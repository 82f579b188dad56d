/**
 * What is in the places where maintainer scripts leave things: every path with its kind, mode and owner, and `/etc` with contents.
 *
 * Caches, logs and the package system's own records are left out, because they are nobody's configuration; below the given
 * depths nothing is looked at, because what a script creates begins further up. Secret files are left out, because a manifest goes to the
 * disk; what becomes of them is said by whoever manages them.
 */
import { GuiseError, limits } from '@guise/model';
import { digestOf } from '../../host/digest.ts';
import type { FileStatus, Files } from '../../host/host.ts';

export interface Entry {
  readonly type: FileStatus['type'];
  readonly mode: string;
  readonly uid: number;
  readonly gid: number;
  /** Of a link; and of a file in `/etc` the digest of its content. */
  readonly content: string | null;
}

export interface Manifest {
  readonly entries: ReadonlyMap<string, Entry>;
  /** Of files in `/etc`, those up to `limits.footprintFileSizeBytes`. */
  readonly contents: ReadonlyMap<string, Uint8Array>;
}

const places: readonly { readonly path: string; readonly depth: number }[] = [
  { path: '/etc', depth: 12 },
  { path: '/var', depth: 4 },
  { path: '/usr/local', depth: 4 },
  { path: '/opt', depth: 2 },
  { path: '/srv', depth: 2 },
  { path: '/home', depth: 2 },
  { path: '/root', depth: 1 },
];

const leftOut: ReadonlySet<string> = new Set([
  '/var/cache',
  '/var/log',
  '/var/tmp',
  '/var/lib/dpkg',
  '/var/lib/apt',
  '/opt/guise',
  '/etc/guise/secrets',
]);

export function takeManifest(files: Files, stateDirectory: string, secretPaths: ReadonlySet<string>): Manifest {
  const entries = new Map<string, Entry>();
  const contents = new Map<string, Uint8Array>();
  const walk = (path: string, depth: number): void => {
    if (leftOut.has(path) || path === stateDirectory || secretPaths.has(path)) return;
    const status = files.status(path);
    if (status.type === 'absent') return;
    if (entries.size >= limits.footprintEntries) {
      throw new GuiseError(
        'limit_exceeded',
        `Cannot install packages: more than ${limits.footprintEntries} files would have to be watched`,
      );
    }
    const bytes =
      status.type === 'file' && path.startsWith('/etc/') && status.sizeBytes <= limits.footprintFileSizeBytes
        ? files.read(path)
        : null;
    if (bytes !== null) contents.set(path, bytes);
    const content = bytes === null ? status.target : digestOf(bytes);
    entries.set(path, { type: status.type, mode: status.mode ?? '0000', uid: status.uid, gid: status.gid, content });
    if (status.type === 'directory' && depth > 0)
      for (const name of files.list(path)) walk(`${path}/${name}`, depth - 1);
  };
  for (const { path, depth } of places) walk(path, depth);
  return { entries, contents };
}
