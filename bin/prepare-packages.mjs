/**
 * Installs the locked npm packages, Node 24 among them, when they are not installed yet.
 *
 * Two marks tell that node_modules is whole. npm writes `.package-lock.json` as its last act, after every install script;
 * so a killed install leaves none. `.guise-stamp` holds the hash of the package-lock.json that was installed, so that the
 * usual answer, "nothing to do", costs one hash. A developer's own `npm install` leaves no stamp and is recognised by
 * comparing npm's record with the lock, so it is not thrown away.
 *
 * Throws: Error with one line for people when npm is missing, npm fails, or install scripts are switched off.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { accessSync, constants, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { withInstallLock } from './install-lock.mjs';
import { report } from './report.mjs';

export const repositoryRoot = dirname(dirname(fileURLToPath(import.meta.url)));

/** Node 24, from the npm package `node`: its install script puts the binary of this machine's architecture here. */
export const nodeBinary = join(repositoryRoot, 'node_modules', 'node', 'bin', 'node');

const lockFile = join(repositoryRoot, 'package-lock.json');
const installedFile = join(repositoryRoot, 'node_modules', '.package-lock.json');
const stampFile = join(repositoryRoot, 'node_modules', '.guise-stamp');

/** Returns once every locked package is installed. */
export function preparePackages() {
  if (isPrepared()) return;
  withInstallLock(repositoryRoot, (lockFd) => {
    // Another bootstrap, or the npm of one that was killed, may have installed everything during the wait for the lock.
    if (!isPrepared()) install(lockFd);
  });
}

function isPrepared() {
  if (stampIsCurrent()) return true;
  if (!installedMatchesLock()) return false;
  writeStamp();
  return true;
}

function install(lockFd) {
  const done = report('installing the locked npm packages (npm ci)');
  const [command, ...prefix] = npmCommand();
  // Stated against a user's own settings: production or script-less installs would leave out Node 24, and the packages
  // that ask for a newer Node than npm runs on get it afterwards.
  const settings = ['--include=dev', '--include=optional', '--ignore-scripts=false', '--engine-strict=false'];
  const argv = [...prefix, 'ci', ...settings, '--no-audit', '--no-fund', '--loglevel=error'];
  const npm = spawnSync(command, argv, {
    cwd: repositoryRoot,
    // npm holds the lock as well: should this process be killed, the next one waits for npm instead of joining in.
    stdio: ['ignore', process.stderr, process.stderr, lockFd],
  });
  if (npm.error) throw new Error(`Cannot run npm, which comes with Node.js: ${npm.error.message}`);
  if (npm.status !== 0) {
    const end = npm.signal ? `was ended by ${npm.signal}` : `failed with exit code ${npm.status}`;
    throw new Error(`npm ci ${end}; its own words are above. Run the same command again to continue.`);
  }
  if (!isExecutable(nodeBinary)) {
    throw new Error(`npm ci did not install Node 24 at ${nodeBinary}. Are npm's install scripts switched off?`);
  }
  writeStamp();
  done();
}

/** The npm that started this process, else the one on PATH. Another package manager's lock would not be ours. */
function npmCommand() {
  const path = process.env.npm_execpath;
  return path && basename(path) === 'npm-cli.js' ? [process.execPath, path] : ['npm'];
}

function stampIsCurrent() {
  return existsSync(stampFile) && readFileSync(stampFile, 'utf8') === lockHash() && isExecutable(nodeBinary);
}

function writeStamp() {
  try {
    writeFileSync(stampFile, lockHash());
  } catch (error) {
    // On a read-only mount the comparison is simply made again next time.
    if (error.code !== 'EROFS' && error.code !== 'EACCES') throw error;
  }
}

function lockHash() {
  return createHash('sha256').update(readFileSync(lockFile)).digest('hex');
}

/** Whether npm's record of node_modules has every package of the lock, at that integrity, that this machine can have. */
function installedMatchesLock() {
  if (!existsSync(installedFile) || !isExecutable(nodeBinary)) return false;
  const wanted = JSON.parse(readFileSync(lockFile, 'utf8')).packages;
  const installed = JSON.parse(readFileSync(installedFile, 'utf8')).packages;
  const isInstalled = ([path, entry]) =>
    !path.startsWith('node_modules/') ||
    (installed[path]
      ? installed[path].version === entry.version && installed[path].integrity === entry.integrity
      : entry.optional === true);
  return Object.entries(wanted).every(isInstalled) && Object.keys(installed).every((path) => path in wanted);
}

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
