/**
 * dpkg's own record of what is installed, read without a spawn.
 *
 * Keyed by package name; packages of a foreign architecture by `name:architecture`. A package in an unfinished state has its
 * state in its version, such as `1.22.1-9 half-configured`, so that it equals no state that anybody wants and none from before.
 * One that was removed but not purged counts as not installed.
 * Source: dpkg(1), "Information about packages"; deb-control(5).
 */
import type { Digest } from '@guise/model';
import { digestOf } from '../../host/digest.ts';
import type { Files } from '../../host/host.ts';

export interface DpkgPackage {
  readonly name: string;
  readonly version: string;
  /** `installed`, `config-files`, `half-configured`, … */
  readonly status: string;
  /** A killed unpacking left files that only a new unpacking, or force, can put right. */
  readonly needsReinstall: boolean;
  /** Each item is a list of alternatives of which one must be there. */
  readonly depends: readonly (readonly string[])[];
  readonly provides: readonly string[];
}

export type Installed = ReadonlyMap<string, DpkgPackage>;

const statusPath = '/var/lib/dpkg/status';
const updatesDirectory = '/var/lib/dpkg/updates';

export function readDpkgStatus(files: Files): Installed {
  return parseDpkgStatus(recordsOf(files).join('\n\n'));
}

/** The same digest means that dpkg has done nothing in between. */
export function dpkgStatusDigest(files: Files): Digest {
  return digestOf(Buffer.from(recordsOf(files).join('\n\n')));
}

/** The last paragraph about a package counts. */
export function parseDpkgStatus(text: string): Installed {
  const paragraphs = text
    .split(/\n\n+/)
    .filter((paragraph) => paragraph.trim() !== '')
    .map(parseFields);
  const native = paragraphs.find((fields) => fields.get('Package') === 'dpkg')?.get('Architecture');
  return new Map(
    paragraphs.map((fields) => {
      const found = packageOf(fields);
      const architecture = fields.get('Architecture');
      const isForeign =
        native !== undefined && architecture !== undefined && architecture !== native && architecture !== 'all';
      return [isForeign ? `${found.name}:${architecture}` : found.name, found];
    }),
  );
}

export function versionOf(found: DpkgPackage | undefined): string | null {
  if (found === undefined || found.status === 'config-files' || found.status === 'not-installed') return null;
  return found.status === 'installed' && !found.needsReinstall ? found.version : `${found.version} ${found.status}`;
}

/** Whether dpkg has work left from a run that was killed. */
export function isUnfinished({ status, needsReinstall }: DpkgPackage): boolean {
  return needsReinstall || !['installed', 'config-files', 'not-installed'].includes(status);
}

function packageOf(fields: ReadonlyMap<string, string>): DpkgPackage {
  const [, flag = '', status = ''] = (fields.get('Status') ?? '').split(' ');
  const depends = [fields.get('Pre-Depends'), fields.get('Depends')].flatMap((list) =>
    list === undefined ? [] : list.split(','),
  );
  return {
    name: fields.get('Package') ?? '',
    version: fields.get('Version') ?? '',
    status,
    needsReinstall: flag === 'reinstreq',
    depends: depends.map((alternatives) => alternatives.split('|').map(bareName)),
    provides: (fields.get('Provides') ?? '')
      .split(',')
      .map(bareName)
      .filter((name) => name !== ''),
  };
}

/** `libc6:any (>= 2.34)` → `libc6`. */
function bareName(text: string): string {
  return /^\s*([a-z0-9][a-z0-9+.-]*)/.exec(text)?.[1] ?? '';
}

function parseFields(paragraph: string): ReadonlyMap<string, string> {
  const fields = new Map<string, string>();
  for (const line of paragraph.split('\n')) {
    const colon = line.indexOf(':');
    // Continuation lines belong to descriptions and conffiles, which nothing here asks for.
    if (colon > 0 && !line.startsWith(' ')) fields.set(line.slice(0, colon), line.slice(colon + 1).trim());
  }
  return fields;
}

/** dpkg's record, and then the changes that it notes in numbered files while it works; a killed one leaves them there. */
function recordsOf(files: Files): readonly string[] {
  const updates = files.list(updatesDirectory).filter((name) => /^\d+$/.test(name));
  return [statusPath, ...updates.map((name) => `${updatesDirectory}/${name}`)].map(
    (path) => files.readText(path) ?? '',
  );
}
