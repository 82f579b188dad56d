/**
 * Archives of packages that were on the host before guise removed or replaced them, kept until they are back.
 *
 * Without the archive a removal could not be undone on a day when the package source is gone or has moved on; so it is fetched
 * before the removal, and when it cannot be, nothing is removed.
 * Throws: what `apt-get install --download-only` says.
 */
import type { ObserveContext } from '../adapter.ts';
import { runApt } from './apt.ts';

/** The path of the archive, or null when it is not kept. */
export function keptArchive(name: string, version: string, { host, stateDirectory }: ObserveContext): string | null {
  const directory = directoryOf(stateDirectory);
  const prefix = `${name}_${encoded(version)}_`;
  const file = host.files
    .list(directory)
    .find((candidate) => candidate.startsWith(prefix) && candidate.endsWith('.deb'));
  return file === undefined ? null : `${directory}/${file}`;
}

/** `packages`: name → the version that is installed now. */
export async function keepArchives(packages: ReadonlyMap<string, string>, context: ObserveContext): Promise<void> {
  const missing = [...packages].filter(([name, version]) => keptArchive(name, version, context) === null);
  if (missing.length === 0) return;
  const directory = directoryOf(context.stateDirectory);
  context.host.files.makeDirectory(directory, '0755', 0, 0);
  context.host.files.makeDirectory(`${directory}/partial`, '0700', 0, 0);
  const wanted = missing.map(([name, version]) => `${name}=${version}`);
  const options = ['--option', `Dir::Cache::archives=${directory}`, '--option', 'APT::Keep-Downloaded-Packages=true'];
  const flags = ['--download-only', '--reinstall', '--no-install-recommends', '--allow-downgrades'];
  await runApt(context.host, { argv: [...options, 'install', ...flags, '--', ...wanted], daemons: false });
}

export function dropArchive(name: string, version: string, context: ObserveContext): void {
  const path = keptArchive(name, version, context);
  if (path !== null) context.host.files.remove(path);
}

function directoryOf(stateDirectory: string): string {
  return `${stateDirectory}/archives`;
}

/** As apt names archives. */
function encoded(version: string): string {
  return version.replaceAll(':', '%3a');
}
