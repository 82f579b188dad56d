/**
 * Brings the host's packages to exact versions, in one run of apt for what comes and what was here before, and one that purges
 * what guise had installed.
 *
 * Before the first change the host's footprint is opened, durably; a run that finds one open finishes what a killed run began.
 * What guise installed is purged with all that its scripts did; what was here before is only removed, so that its data and
 * configuration wait for it, and its archive is kept for its return.
 * Throws: see `apt.ts`.
 */
import { randomUUID } from 'node:crypto';
import type { Change, PackageState } from '@guise/model';
import { nameOf } from '@guise/model';
import type { ApplyContext } from '../adapter.ts';
import { configurePending, runApt } from './apt.ts';
import { dpkgStatusDigest, type Installed, isUnfinished, readDpkgStatus, versionOf } from './dpkg-status.ts';
import { footprintOf } from './footprint.ts';
import {
  begunFootprint,
  readFootprints,
  readOpenFootprint,
  removeOpenFootprint,
  writeFootprint,
  writeOpenFootprint,
} from './footprint-store.ts';
import { dropArchive, keepArchives, keptArchive } from './kept-archives.ts';
import { takeManifest } from './manifest.ts';
import { roots } from './needed-packages.ts';
import { revertFootprints } from './revert-footprints.ts';
import { followFiles, runningUnitsOf } from './running-units.ts';

export async function applyPackages(changes: readonly Change[], context: ApplyContext): Promise<void> {
  const { host } = context;
  const wanted = new Map(changes.map(({ address, after }) => [nameOf(address), (after as PackageState).version]));
  if ([...readDpkgStatus(host.files).values()].some(isUnfinished))
    await pointed('finishing dpkg', () => configurePending(host), context);
  const installed = readDpkgStatus(host.files);
  await openFootprint(wanted, installed, context);
  await install(wanted, installed, context);
  await purge(wanted, context);
  await closeFootprint(context);
  await revertFootprints(readDpkgStatus(host.files), context);
  for (const [name, version] of wanted) if (version !== null) dropArchive(name, version, context);
}

async function install(
  wanted: ReadonlyMap<string, string | null>,
  installed: Installed,
  context: ApplyContext,
): Promise<void> {
  const ours = packagesOfOurs(context);
  const live = (name: string): string | null => versionOf(installed.get(name));
  const coming = [...wanted].flatMap(([name, version]) =>
    version === null || live(name) === version ? [] : [[name, version] as const],
  );
  const leaving = [...wanted].flatMap(([name, version]) => (version !== null || live(name) === null ? [] : [name]));
  const fromBefore = [...leaving, ...coming.map(([name]) => name)].filter(
    (name) => live(name) !== null && !ours.has(name),
  );
  const removedFromBefore = leaving.filter((name) => fromBefore.includes(name));
  if (coming.length === 0 && removedFromBefore.length === 0) return;
  await keepArchives(new Map(fromBefore.map((name) => [name, live(name) ?? ''])), context);
  const archives = coming.map(([name, version]) => keptArchive(name, version, context) ?? `${name}=${version}`);
  const flags = ['--no-install-recommends', '--allow-downgrades', '--allow-change-held-packages'];
  // What comes back was running before, and stops when it leaves; what is new waits for its service to be started.
  const daemons = coming.every(([name, version]) => keptArchive(name, version, context) !== null);
  const argv = ['install', ...flags, '--', ...archives, ...leaving.map((name) => `${name}-`)];
  const running = daemons ? [] : await runningUnitsOf(fromBefore, context.host);
  await pointed('apt install', () => runApt(context.host, { argv, daemons }), context);
  // New generators have not run, and the units that they make are what starts PostgreSQL's clusters.
  await context.host.systemd.reload();
  await followFiles(running, context.host);
  await markDependencies(new Set(coming.map(([name]) => name).filter((name) => live(name) === null)), context);
}

/** apt takes every package that it is named for one that a person wants; those that others of the run need came with them. */
async function markDependencies(names: ReadonlySet<string>, { host }: ApplyContext): Promise<void> {
  const wanted = roots(readDpkgStatus(host.files), names);
  const automatic = [...names].filter((name) => !wanted.has(name));
  if (automatic.length > 0) await host.run(['apt-mark', 'auto', '--', ...automatic]);
}

/** Also what a killed run left half installed or half removed. */
async function purge(wanted: ReadonlyMap<string, string | null>, context: ApplyContext): Promise<void> {
  const installed = readDpkgStatus(context.host.files);
  const ours = packagesOfOurs(context);
  const configured = new Set(
    [...readFootprints(context), readOpenFootprint(context)].flatMap((footprint) => footprint?.configured ?? []),
  );
  const leaving = [...wanted].flatMap(([name, version]) => {
    const found = installed.get(name);
    return version !== null || found === undefined || !ours.has(name) || found.status === 'not-installed'
      ? []
      : [found];
  });
  const broken = leaving.filter(({ needsReinstall }) => needsReinstall).map(({ name }) => name);
  if (broken.length > 0) {
    const argv = ['dpkg', '--purge', '--force-remove-reinstreq', '--force-depends', '--', ...broken];
    await pointed('dpkg purge', () => context.host.run(argv), context);
  }
  const whole = leaving.filter(({ needsReinstall }) => !needsReinstall).map(({ name }) => name);
  const purged = whole.filter((name) => !configured.has(name));
  const removed = whole.filter((name) => configured.has(name) && versionOf(installed.get(name)) !== null);
  if (purged.length > 0)
    await pointed(
      'apt purge',
      () => runApt(context.host, { argv: ['purge', '--', ...purged], daemons: true }),
      context,
    );
  if (removed.length > 0)
    await pointed(
      'apt remove',
      () => runApt(context.host, { argv: ['remove', '--', ...removed], daemons: true }),
      context,
    );
}

async function openFootprint(
  wanted: ReadonlyMap<string, string | null>,
  installed: Installed,
  context: ApplyContext,
): Promise<void> {
  const { host, stateDirectory } = context;
  if (begunFootprint(context) !== null) return;
  const dpkgStatus = dpkgStatusDigest(host.files);
  // One whose archive was kept was here before guise, and is not its own when it returns.
  const isNew = ([name, version]: readonly [string, string | null]): boolean =>
    version !== null && versionOf(installed.get(name)) === null && keptArchive(name, version, context) === null;
  const coming = [...wanted].filter(isNew).map(([name]) => name);
  if (coming.length === 0) return;
  const configured = coming.filter((name) => installed.get(name)?.status === 'config-files');
  const manifest = takeManifest(host.files, stateDirectory, context.secretPaths?.() ?? new Set());
  await writeOpenFootprint({ id: randomUUID(), dpkgStatus, packages: coming, configured, manifest }, context);
  context.point('package: footprint open');
}

async function closeFootprint(context: ApplyContext): Promise<void> {
  const open = readOpenFootprint(context);
  if (open === null) return;
  const now = takeManifest(context.host.files, context.stateDirectory, context.secretPaths?.() ?? new Set());
  writeFootprint(footprintOf(open, now, context.host.files), context);
  await context.host.files.sync();
  context.point('package: footprint written');
  removeOpenFootprint(context);
}

function packagesOfOurs(context: ApplyContext): ReadonlySet<string> {
  return new Set(
    [...readFootprints(context), readOpenFootprint(context)].flatMap((footprint) => footprint?.packages ?? []),
  );
}

async function pointed(name: string, step: () => Promise<unknown>, { point }: ApplyContext): Promise<void> {
  point(`package: before ${name}`);
  await step();
  point(`package: after ${name}`);
}
