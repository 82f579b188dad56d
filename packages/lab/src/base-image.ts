/**
 * The cached root filesystem of an image, of which every host is a snapshot: a small Debian with systemd, made once and read-only.
 *
 * Its name is a hash of all that shaped it, so a changed recipe makes a new one. A build that was killed leaves a `.partial`
 * subvolume and perhaps processes in the build cgroup; the next build removes both first.
 * Every function expects the caller to hold the pool's lock.
 * Source: mmdebstrap(1); machine-id(5); systemd.unit(5).
 */
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { limits } from '@guise/model';
import type { Cgroups } from './cgroups.ts';
import type { Execute } from './command.ts';
import { type ImageName, type Recipe, recipeDigest, recipeOf } from './images.ts';
import type { PoolPaths } from './names.ts';
import { launched } from './nspawn.ts';
import { sourcesOfRelease } from './package-sources.ts';
import { deleteSubvolumes } from './pool.ts';

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
export async function ensureBase(image: ImageName, build: BaseBuild): Promise<string> {
  const recipe = recipeOf(image);
  const base = join(build.pool.mountPoint, `base-${recipeDigest(recipe)}`);
  if (existsSync(base)) return base;
  const partial = `${base}.partial`;
  await removePartialBases(build);
  build.report(`building the image ${image} (${recipe.release}, ${recipe.packages.length} packages), once`);
  await build.execute(['btrfs', '--quiet', 'subvolume', 'create', partial]);
  await installPackages(build, recipe, partial);
  await configure(build, recipe, partial);
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

async function installPackages(
  { pool, cgroups, execute, report }: BaseBuild,
  { release, packages }: Recipe,
  root: string,
): Promise<void> {
  const sources = machineRelease() === release ? machineSources() : translatedSources(release);
  const command = ['mmdebstrap', '--mode=root', '--variant=minbase', `--include=${packages.join(',')}`];
  await execute(launched(cgroups.create(pool.buildCgroup), [...command, release, root, ...sources]), {
    timeoutMs: limits.labBaseBuildTimeoutMs,
    onLine: (line) => {
      if (line.startsWith('I: ')) report(`base image: ${line.slice(3)}`);
    },
  });
  await cgroups.destroy(pool.buildCgroup);
}

async function configure({ execute, report, pool, cgroups }: BaseBuild, recipe: Recipe, root: string): Promise<void> {
  copyMachineSettings(root, recipe.release);
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

/** Hosts use this machine's mirrors, and what it needs to reach and to believe them. */
function copyMachineSettings(root: string, release: string): void {
  if (machineSources().length === 0) return;
  const isSame = machineRelease() === release;
  if (!isSame && translatedSources(release).length === 0) return;
  // mmdebstrap named its copies of the sources differently, and apt complains about each source that it has twice.
  rmSync(join(root, 'etc/apt'), { recursive: true });
  for (const path of copiedFromMachine) {
    // A release has its own keys, under the same names.
    const force = isSame || !path.includes('keyrings');
    if (existsSync(path)) cpSync(path, join(root, path), { recursive: true, force });
  }
  if (isSame) return;
  for (const path of ['sources.list', 'sources.list.d', 'preferences', 'preferences.d'])
    rmSync(join(root, 'etc/apt', path), { recursive: true, force: true });
  writeInto(root, 'etc/apt/sources.list', `${translatedSources(release).join('\n')}\n`);
}

/** Empty where the machine is no Debian, and mmdebstrap's own defaults are right. */
function translatedSources(release: string): readonly string[] {
  const text = machineSources().map((path) => readFileSync(path, 'utf8'));
  return sourcesOfRelease(text.join('\n\n'), machineRelease(), release);
}

function machineRelease(): string {
  return /^VERSION_CODENAME=(.*)$/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1] ?? '';
}

function machineSources(): readonly string[] {
  const directory = '/etc/apt/sources.list.d';
  const listed = existsSync(directory) ? readdirSync(directory).map((name) => join(directory, name)) : [];
  return ['/etc/apt/sources.list', ...listed].filter((path) => existsSync(path) && /\.(list|sources)$/.test(path));
}
