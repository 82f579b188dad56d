/**
 * Makes every file of the root what it was at a snapshot of it, without a reboot.
 *
 * Copies come from the snapshot into a directory of root's own and take their names by rename, so no reader sees half a file; what the
 * snapshot does not have goes the same way out. Services that run may have those files in use or in memory: they are stopped first, and
 * what ran at the snapshot is started afterwards, also when something failed in between. What keeps the host alive and reachable goes on,
 * and so does what systemd refuses to stop.
 * Killed anywhere: run again, it does what is left, and starts what it finds stopped. Not restored: `leftOut`, other file systems, times of directories.
 * Throws: `change_failed` for what is in the way, such as a mount or an immutable file; what running cp(1) and rm(1) throws.
 */
import { GuiseError, limits } from '@guise/model';
import type { Host } from '../host/host.ts';
import { parseMountInfo } from '../host/mount-info.ts';
import { type TreeDifference, treeDifference } from '../host/tree-difference.ts';

export interface RestoreRoot {
  readonly host: Host;
  readonly stateDirectory: string;
  /** Absolute path of the snapshot. */
  readonly tree: string;
  /** Services that ran at the snapshot. */
  readonly running: readonly string[];
}

const leftOut: readonly string[] = [
  // What happened is not undone.
  '/var/log',
  // Of programs that run now, and of whoever is logged in.
  '/tmp',
  '/var/tmp',
  '/run',
  // Of the network that the host is in now.
  '/etc/resolv.conf',
];

/** Made from other files, or notes of package managers: no service has them in use. */
const quiet = /^\/var\/(cache|lib\/(apt|dpkg|systemd))\//;

/** systemd itself, its bus, and sessions. */
const lasting = /^(dbus|dbus-broker|systemd-.*|user@.*|user-runtime-dir@.*|.*getty@?.*|emergency|rescue)\.service$/;
const pathsPerCopy = 200;

export async function restoreRoot({ host, stateDirectory, tree, running }: RestoreRoot): Promise<void> {
  const excluded = new Set([...leftOut, stateDirectory]);
  const staging = `${stateDirectory}/restoring`;
  await removeTree(host, staging);
  const difference = () => treeDifference(tree, excluded, mountsOf(host));
  const found = await difference();
  // Before any service notices.
  refuseMounts(host, found);
  const isNoticed = [...found.changed, ...found.extra].some((path) => !quiet.test(path));
  try {
    if (isNoticed) await stopServices(host);
    // What ended has written its last.
    await restore(host, staging, tree, isNoticed ? await difference() : found);
    await removeTree(host, staging);
    await host.files.sync();
  } finally {
    await startServices(host, running);
  }
}

export async function runningServices(host: Host): Promise<readonly string[]> {
  const options = ['--type=service', '--state=running', '--plain', '--no-legend', '--no-pager'];
  const { stdout } = await host.run(['systemctl', 'list-units', ...options], { reads: true });
  return stdout.split('\n').flatMap((line) => line.trim().split(/\s+/)[0] || []);
}

async function restore(host: Host, staging: string, tree: string, found: TreeDifference): Promise<void> {
  refuseMounts(host, found);
  const { changed, attributes, extra } = found;
  const { files } = host;
  files.makeDirectory(staging, '0700', 0, 0);
  files.makeDirectory(`${staging}/gone`, '0700', 0, 0);
  let gone = 0;
  const takeAway = (path: string) => {
    gone += 1;
    files.rename(path, `${staging}/gone/${gone}`);
  };
  for (const path of extra) takeAway(path);
  for (let start = 0; start < changed.length; start += pathsPerCopy) {
    const paths = changed.slice(start, start + pathsPerCopy);
    // In one run, so that names of one file stay names of one file.
    await host.run(
      ['cp', '--archive', '--parents', '--reflink=auto', '--', ...paths.map((path) => `${tree}${path}`), staging],
      { timeoutMs: limits.transactionTimeoutMs },
    );
    for (const path of paths) {
      const copy = `${staging}${tree}${path}`;
      const isDirectory = [files.status(path), files.status(copy)].some(({ type }) => type === 'directory');
      if (isDirectory && files.status(path).type !== 'absent') takeAway(path);
      files.rename(copy, path);
    }
  }
  for (const path of attributes) {
    const { mode, uid, gid } = files.status(`${tree}${path}`);
    files.setOwnership(path, mode ?? '0755', uid, gid);
  }
}

/** A file system somewhere below would be emptied, or keep its place from being given back. */
function refuseMounts(host: Host, { changed, extra }: TreeDifference): void {
  const mounts = [...mountsOf(host)];
  for (const path of [...changed, ...extra]) {
    const mount = mounts.find((each) => each === path || each.startsWith(`${path}/`));
    if (mount === undefined) continue;
    throw new GuiseError(
      'change_failed',
      `Cannot restore ${JSON.stringify(path)}: a file system is mounted at ${mount}; unmount it first`,
    );
  }
}

function mountsOf(host: Host): ReadonlySet<string> {
  return new Set(parseMountInfo(host.files.readText('/proc/self/mountinfo') ?? '').map(({ path }) => path));
}

/** rm(1) follows no link, whatever is put in its way. */
async function removeTree(host: Host, path: string): Promise<void> {
  await host.run(['rm', '--recursive', '--force', '--one-file-system', '--', path], {
    timeoutMs: limits.transactionTimeoutMs,
  });
}

async function stopServices(host: Host): Promise<void> {
  const own = /([^/]+\.service)\s*$/m.exec(host.files.readText('/proc/self/cgroup') ?? '')?.[1];
  const units = (await runningServices(host)).filter((unit) => !lasting.test(unit) && unit !== own);
  await host.systemd.run(units.map((unit) => ({ verb: 'stop', unit })));
}

async function startServices(host: Host, running: readonly string[]): Promise<void> {
  await host.systemd.reload();
  const now = new Set(await runningServices(host));
  const units = running.filter((unit) => !now.has(unit));
  await host.systemd.run(units.map((unit) => ({ verb: 'start', unit })));
}
