/**
 * Unpacks the real servers that tests talk to, haproxy and bind9, into `.guise/test-servers` of the clone.
 *
 * They are never installed: a name server that a test run left enabled would be on port 53 at the next boot. apt fetches the packages
 * with what they need and this machine lacks; `bin/` has a starter for each program that finds its libraries there.
 * The directory gets its name when it is whole, so a preparation that was killed is made again, and so is one of other servers than
 * these. Nothing here needs root. Without apt there are none, which is said: tests that need them then fail, and nothing else.
 * Throws: Error with one line for people when apt or dpkg fails.
 */
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { withInstallLock } from './install-lock.mjs';
import { repositoryRoot } from './prepare-packages.mjs';
import { report } from './report.mjs';

const packages = ['haproxy', 'bind9', 'bind9-dnsutils'];
const programs = { haproxy: 'usr/sbin', named: 'usr/sbin', nsupdate: 'usr/bin' };
const directory = join(repositoryRoot, '.guise', 'test-servers');

const stamp = JSON.stringify({ packages, programs });

export function prepareTestServers() {
  if (isPrepared()) return;
  if (spawnSync('apt-get', ['--version'], { stdio: 'ignore' }).error !== undefined) {
    process.stderr.write(`Without apt-get there are no ${packages.join(', ')} here: tests of them will fail\n`);
    return;
  }
  withInstallLock(repositoryRoot, () => {
    if (!isPrepared()) unpackAll();
  });
}

function isPrepared() {
  const path = join(directory, 'stamp.json');
  return existsSync(path) && readFileSync(path, 'utf8') === stamp;
}

function unpackAll() {
  const done = report(`fetching servers for tests (${packages.join(' ')})`);
  const temporary = `${directory}.new`;
  rmSync(temporary, { recursive: true, force: true });
  const root = join(temporary, 'root');
  const archives = join(temporary, 'archives');
  mkdirSync(root, { recursive: true });
  mkdirSync(join(archives, 'partial'), { recursive: true });
  fetchInto(archives);
  for (const name of readdirSync(archives)) {
    if (name.endsWith('.deb')) run('dpkg-deb', ['--extract', join(archives, name), root]);
  }
  rmSync(archives, { recursive: true });
  mkdirSync(join(temporary, 'bin'));
  for (const [name, place] of Object.entries(programs)) writeStarter(join(temporary, 'bin', name), place, name);
  writeFileSync(join(temporary, 'stamp.json'), stamp);
  rmSync(directory, { recursive: true, force: true });
  renameSync(temporary, directory);
  done();
}

/** Without the lists of an earlier update apt knows no package, so it is updated and asked again. */
function fetchInto(archives) {
  const options = [`Dir::Cache::Archives=${archives}`, 'Debug::NoLocking=1', 'APT::Sandbox::User=root'];
  const settings = options.flatMap((option) => ['--option', option]);
  const argv = [
    ...settings,
    '--quiet',
    '--yes',
    '--no-install-recommends',
    '--reinstall',
    '--download-only',
    'install',
    ...packages,
  ];
  if (spawnSync('apt-get', argv, { stdio: 'ignore' }).status === 0) return;
  spawnSync('apt-get', ['--quiet', 'update'], { stdio: ['ignore', process.stderr, process.stderr] });
  run('apt-get', argv);
}

/** Where Debian has libraries differs by architecture, and where this clone is by machine. */
function writeStarter(path, place, name) {
  const libraries = 'LD_LIBRARY_PATH="$(echo "$here"/usr/lib/*-linux-gnu | tr " " ":")"';
  const lines = ['#!/bin/sh', 'here="$(dirname "$0")/../root"', `${libraries} exec "$here/${place}/${name}" "$@"`, ''];
  writeFileSync(path, lines.join('\n'));
  chmodSync(path, 0o755);
}

function run(command, argv) {
  const ran = spawnSync(command, argv, { stdio: ['ignore', process.stderr, process.stderr] });
  if (ran.status === 0) return;
  throw new Error(
    `Cannot prepare the servers for tests: ${command} ${ran.error?.message ?? `ended with ${ran.status}`}`,
  );
}
