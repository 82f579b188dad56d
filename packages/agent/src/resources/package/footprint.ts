/**
 * Compares a host before and after a run of apt: what appeared, changed or went.
 *
 * Whose doing it was is told by the maintainer scripts: those packages of the run whose scripts name the path or the account.
 * When none does, all packages of the run did it together, and it goes with the last of them. What dpkg owns is noted as well,
 * because a purge leaves directories behind when a script put something into them.
 * Account files are compared line by line, because others change their own lines in between.
 */
import type { Files } from '../../host/host.ts';
import type { AlteredFile, AlteredLine, Footprint, OpenFootprint, Owned } from './footprint-store.ts';
import type { Entry, Manifest } from './manifest.ts';

const infoDirectory = '/var/lib/dpkg/info';
const scriptNames = ['preinst', 'postinst', 'prerm', 'postrm', 'config'];

/** Files in which every line begins with the name that it is about. */
const accountFiles: readonly string[] = [
  '/etc/passwd',
  '/etc/shadow',
  '/etc/group',
  '/etc/gshadow',
  '/etc/subuid',
  '/etc/subgid',
];

export function footprintOf(open: OpenFootprint, now: Manifest, files: Files): Footprint {
  const before = open.manifest;
  const isOwned = ownedPaths(files);
  const scripts = new Map(open.packages.map((name) => [name, scriptsOf(name, files)]));
  const withOwners = <T extends object>(item: T, ...words: readonly string[]): T & Owned => {
    const naming = words.map((word) => open.packages.filter((name) => scripts.get(name)?.includes(word)));
    return { ...item, owners: naming.find((names) => names.length > 0) ?? [] };
  };
  const isNew = (path: string): boolean => !before.entries.has(path);
  const created = [...now.entries.keys()].filter((path) => isNew(path) && !isNew(parentOf(path)));
  const altered = alteredFiles(before, now).filter(({ path }) => !isOwned(path));
  return {
    id: open.id,
    packages: open.packages,
    configured: open.configured,
    created: created.map((path) => withOwners({ path }, path, subjectOf(path))),
    altered: altered.map((file) => withOwners(file, file.path)),
    lines: accountFiles.flatMap((path) => alteredLines(path, before, now)).map((line) => withOwners(line, line.name)),
  };
}

function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/'));
}

/** `/etc/rc2.d/S01nginx` is about nginx. */
function subjectOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1).replace(/^[SK]\d\d/, '');
}

/** Whether a package has a path, or something below it, in its list of files. */
export function ownedPaths(files: Pick<Files, 'list' | 'readText'>): (path: string) => boolean {
  const lists = files.list(infoDirectory).filter((name) => name.endsWith('.list'));
  // Lists name every directory on the way too, so being below one needs no search.
  const owned = new Set(lists.flatMap((name) => (files.readText(`${infoDirectory}/${name}`) ?? '').split('\n')));
  return (path) => owned.has(path);
}

function alteredFiles(before: Manifest, now: Manifest): readonly AlteredFile[] {
  return [...before.entries].flatMap(([path, entry]): readonly AlteredFile[] => {
    const after = now.entries.get(path) ?? null;
    if (accountFiles.includes(path) || (after !== null && sameEntry(entry, after))) return [];
    const bytes = before.contents.get(path);
    return [
      { path, before: entry, content: bytes === undefined ? null : Buffer.from(bytes).toString('base64'), after },
    ];
  });
}

function alteredLines(path: string, before: Manifest, now: Manifest): readonly AlteredLine[] {
  const [old, young] = [linesByName(before.contents.get(path)), linesByName(now.contents.get(path))];
  return [...new Set([...old.keys(), ...young.keys()])]
    .filter((name) => old.get(name) !== young.get(name))
    .map((name) => ({ path, name, before: old.get(name) ?? null, after: young.get(name) ?? null }));
}

export function sameEntry(a: Entry, b: Entry): boolean {
  return a.type === b.type && a.mode === b.mode && a.uid === b.uid && a.gid === b.gid && a.content === b.content;
}

function linesByName(bytes: Uint8Array | undefined): ReadonlyMap<string, string> {
  const lines = Buffer.from(bytes ?? [])
    .toString('utf8')
    .split('\n')
    .filter((line) => line !== '');
  return new Map(lines.map((line) => [line.slice(0, line.indexOf(':')), line]));
}

/** Those of a package for several architectures have the architecture in their name. */
function scriptsOf(name: string, files: Files): string {
  const isOfPackage = (file: string): boolean => {
    const dot = file.lastIndexOf('.');
    const [owner, script] = [file.slice(0, dot), file.slice(dot + 1)];
    return scriptNames.includes(script) && (owner === name || owner.startsWith(`${name}:`));
  };
  return files
    .list(infoDirectory)
    .filter(isOfPackage)
    .map((file) => files.readText(`${infoDirectory}/${file}`) ?? '')
    .join('\n');
}
