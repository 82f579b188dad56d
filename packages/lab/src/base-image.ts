/**
 * The cached root filesystem of which every host is a snapshot: a small Debian with systemd, made once and read-only.
 *
 * Its name is a hash of all that shaped it, so a changed recipe makes a new one. A build that was killed leaves a `.partial`
 * subvolume and perhaps processes in the build cgroup; the next build removes both first.
 * Every function expects the caller to hold the pool's lock.
 * Source: mmdebstrap(1); machine-id(5); systemd.unit(5).
 */
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { limits } from '@guise/model';
import { baseFiles, maskedUnits } from './base-files.ts';
import type { Cgroups } from './cgroups.ts';
import type { Execute } from './command.ts';
import type { PoolPaths } from './names.ts';
import { launched } from './nspawn.ts';
import { deleteSubvolumes } from './pool.ts';

const recipe = {
  /** Raised when how the image is built changes, so that it is built anew. */
  version: 2,
  release: 'bookworm',
  packages: [
    'systemd',
    'systemd-sysv',
    'dbus',
    'libpam-systemd',
    'nftables',
    'iproute2',
    'procps',
    'ca-certificates',
    'curl',
  ],
  files: baseFiles,
  maskedUnits,
} as const;

/** Parts of the machine's own package configuration that a host of the same release needs to use the same mirrors. */
const copiedFromMachine = ['/etc/apt', '/usr/share/keyrings', '/usr/local/share/ca-certificates'];

/** What packages of the machine put there for themselves, and images built for containers, which keep no package cache. */
const machinesOwn = /^(docker-.*|.*autoremove.*|20packagekit|50appstream)$/;

const chrootEnvironment = {
  PATH: '/usr/sbin:/usr/bin:/sbin:/bin',
  LC_ALL: 'C.UTF-8',
  DEBIAN_FRONTEND: 'noninteractive',
};

export interface BaseBuild {
  readonly pool: PoolPaths;
  readonly cgroups: Cgroups;
  readonly execute: Execute;
  readonly report: (line: string) => void;
}

/** Gives the base's subvolume, and builds it when it is not there. */
export async function ensureBase(build: BaseBuild): Promise<string> {
  const base = join(build.pool.mountPoint, `base-${recipeDigest()}`);
  if (existsSync(base)) return base;
  const partial = `${base}.partial`;
  await removePartialBases(build);
  build.report(`building the base image (${recipe.release}, ${recipe.packages.length} packages), once`);
  await build.execute(['btrfs', '--quiet', 'subvolume', 'create', partial]);
  await installPackages(build, partial);
  await configure(build, partial);
  await build.execute(['btrfs', '--quiet', 'subvolume', 'snapshot', '-r', partial, base]);
  await deleteSubvolumes(build.pool, [partial], build.execute);
  return base;
}

export async function removePartialBases(build: BaseBuild): Promise<void> {
  await build.cgroups.destroy(build.pool.buildCgroup);
  const partials = readdirSync(build.pool.mountPoint).filter((name) => name.endsWith('.partial'));
  await deleteSubvolumes(
    build.pool,
    partials.map((name) => join(build.pool.mountPoint, name)),
    build.execute,
  );
}

/** Puts a file into a root filesystem, with the directories above it. */
export function writeInto(root: string, path: string, content: string, mode = 0o644): void {
  const target = join(root, path);
  mkdirSync(dirname(target), { recursive: true });
  writeFileSync(target, content, { mode });
}

/** Name servers that a host can reach too: a resolver on the machine's loopback is not one. */
export function machineResolvConf(): string {
  const candidates = ['/etc/resolv.conf', '/run/systemd/resolve/resolv.conf'].filter((path) => existsSync(path));
  const contents = candidates.map((path) => readFileSync(path, 'utf8'));
  return contents.find((content) => !/^nameserver\s+(127\.|::1)/m.test(content)) ?? contents[0] ?? '';
}

async function installPackages({ pool, cgroups, execute, report }: BaseBuild, root: string): Promise<void> {
  const sources = usesMachineSources() ? machineSources() : [];
  const command = ['mmdebstrap', '--mode=root', '--variant=minbase', `--include=${recipe.packages.join(',')}`];
  await execute(launched(cgroups.create(pool.buildCgroup), [...command, recipe.release, root, ...sources]), {
    timeoutMs: limits.labBaseBuildTimeoutMs,
    onLine: (line) => {
      if (line.startsWith('I: ')) report(`base image: ${line.slice(3)}`);
    },
  });
  await cgroups.destroy(pool.buildCgroup);
}

async function configure({ execute, report, pool, cgroups }: BaseBuild, root: string): Promise<void> {
  if (usesMachineSources()) {
    // mmdebstrap named its copies of the sources differently, and apt complains about each source that it has twice.
    rmSync(join(root, 'etc/apt'), { recursive: true });
    for (const path of copiedFromMachine)
      if (existsSync(path)) cpSync(path, join(root, path), { recursive: true, force: true });
  }
  const settings = join(root, 'etc/apt/apt.conf.d');
  for (const name of readdirSync(settings)) if (machinesOwn.test(name)) rmSync(join(settings, name));
  for (const [path, content] of Object.entries(recipe.files)) writeInto(root, path, content);
  for (const unit of recipe.maskedUnits) link(root, '/dev/null', `etc/systemd/system/${unit}`);
  for (const unit of ['lab-network.service', 'guise-agent.service']) {
    link(root, `/etc/systemd/system/${unit}`, `etc/systemd/system/multi-user.target.wants/${unit}`);
  }
  link(root, '/opt/guise/guise', 'usr/local/bin/guise');
  for (const directory of ['opt/guise', 'var/lib/machines', 'var/lib/portables'])
    mkdirSync(join(root, directory), { recursive: true });
  writeInto(root, 'etc/resolv.conf', machineResolvConf());
  const inRoot = async (...argv: readonly string[]): Promise<void> => {
    const command = launched(cgroups.create(pool.buildCgroup), ['chroot', root, ...argv]);
    await execute(command, { env: chrootEnvironment, timeoutMs: limits.labBaseBuildTimeoutMs });
  };
  report('base image: fetching package lists');
  await inRoot('update-ca-certificates');
  await inRoot('apt-get', 'update');
  await cgroups.destroy(pool.buildCgroup);
}

function link(root: string, target: string, path: string): void {
  const full = join(root, path);
  mkdirSync(dirname(full), { recursive: true });
  rmSync(full, { force: true });
  symlinkSync(target, full);
}

function recipeDigest(): string {
  return createHash('sha256').update(JSON.stringify(recipe)).digest('hex').slice(0, 12);
}

/** Only a machine of the same release has sources that fit; elsewhere mmdebstrap's own defaults are right. */
function usesMachineSources(): boolean {
  return (
    readFileSync('/etc/os-release', 'utf8').split('\n').includes(`VERSION_CODENAME=${recipe.release}`) &&
    machineSources().length > 0
  );
}

function machineSources(): readonly string[] {
  const directory = '/etc/apt/sources.list.d';
  const listed = existsSync(directory) ? readdirSync(directory).map((name) => join(directory, name)) : [];
  return ['/etc/apt/sources.list', ...listed].filter((path) => existsSync(path) && /\.(list|sources)$/.test(path));
}
