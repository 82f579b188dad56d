/**
 * Makes mounts what a plan says: what goes is unmounted, children first; what comes is mounted, parents first; what stays with other
 * options is remounted, each by itself, because mount(8) takes one.
 */
import type { Change, MountState } from '@guise/model';
import { nameOf } from '@guise/model';
import { type Files, parseMountInfo } from '../../host/index.ts';
import type { ApplyContext } from '../adapter.ts';
import { writeFstab } from './fstab.ts';
import { mountAll } from './mount-list.ts';
import { deviceNames, mountState, type Told } from './mount-state.ts';

type Goal = readonly [path: string, after: MountState];

export async function applyMounts(changes: readonly Change[], context: ApplyContext): Promise<void> {
  const { host, signal } = context;
  const { files } = host;
  const goals = changes
    .map(({ address, after }): Goal => [nameOf(address), after as MountState])
    .sort(([a], [b]) => (a < b ? -1 : 1));
  const live = new Map(
    parseMountInfo(files.readText('/proc/self/mountinfo') ?? '').map((mount) => [mount.path, mount]),
  );
  const deviceName = deviceNames(files);
  const now = ([path, known]: Goal): Told =>
    mountState({ mount: live.get(path) ?? null, entry: null, known, deviceName });

  const leaving = goals.filter((goal) => now(goal).mounted && (!goal[1].mounted || another(now(goal), goal[1])));
  for (const wave of wavesOf(leaving).reverse()) {
    await host.run(['umount', '--', ...wave.map(([path]) => path)], { signal });
    for (const [path, after] of wave) removeMountPoint(path, after, files);
  }
  const coming = goals.filter((goal) => goal[1].mounted && (!now(goal).mounted || leaving.includes(goal)));
  for (const wave of wavesOf(coming)) {
    for (const [path] of wave) makeMountPoint(path, files);
    await mountAll(wave, host, signal);
  }
  for (const goal of goals) {
    const [path, after] = goal;
    if (!after.mounted || coming.includes(goal) || now(goal).options.join() === [...after.options].sort().join())
      continue;
    await host.run(
      [
        'mount',
        '-o',
        ['remount', ...cleared(now(goal).options, after.options), ...after.options].join(','),
        '--',
        path,
      ],
      { signal },
    );
  }
  writeFstab(goals, files);
  for (const [path, after] of [...goals].reverse()) removeMountPoint(path, after, files);
}

/** Usually all at once; what is mounted inside another of them comes after that one, because its directories are in there. */
function wavesOf(goals: readonly Goal[]): Goal[][] {
  const waves: Goal[][] = [];
  for (const goal of goals) {
    const around = goals.filter(([path]) => goal[0].startsWith(`${path}/`)).length;
    while (waves.length <= around) waves.push([]);
    waves[around]!.push(goal);
  }
  return waves.filter((wave) => wave.length > 0);
}

/** Whether it is another file system, which no remount can make it. */
function another(now: Told, after: MountState): boolean {
  return (
    now.device !== after.device || (after.fstype !== 'auto' && after.fstype !== 'none' && now.fstype !== after.fstype)
  );
}

/** A remount keeps flags that it does not name, so those that go are named by their opposite. */
function cleared(now: readonly string[], after: readonly string[]): readonly string[] {
  const opposite = new Map([
    ['ro', 'rw'],
    ['nosuid', 'suid'],
    ['nodev', 'dev'],
    ['noexec', 'exec'],
    ['noatime', 'relatime'],
    ['nodiratime', 'diratime'],
    ['sync', 'async'],
  ]);
  return now.filter((option) => !after.includes(option)).flatMap((option) => opposite.get(option) ?? []);
}

function makeMountPoint(path: string, files: Files): void {
  const parts = path.split('/').slice(1);
  for (let depth = 1; depth <= parts.length; depth += 1) {
    const directory = `/${parts.slice(0, depth).join('/')}`;
    if (files.status(directory).type === 'absent') files.makeDirectory(directory, '0755', 0, 0);
  }
}

/** Removes as many directories as were missing before, as far as nobody else uses them. */
function removeMountPoint(path: string, after: MountState, files: Files): void {
  if (after.mounted) return;
  const mounted = new Set(parseMountInfo(files.readText('/proc/self/mountinfo') ?? '').map((mount) => mount.path));
  let directory = path;
  for (let count = 0; count < after.missing_directories; count += 1) {
    if (files.status(directory).type === 'directory') {
      if (mounted.has(directory) || files.list(directory).length > 0) return;
      files.remove(directory);
    }
    directory = directory.slice(0, directory.lastIndexOf('/'));
  }
}
