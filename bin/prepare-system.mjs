/**
 * Installs the Debian packages that lab hosts need, when some are missing and this is root.
 *
 * What is installed is read from dpkg's own database, so a prepared machine spawns nothing here. Without root, or on a
 * machine without dpkg, the missing ones are named and the task goes on with what it can do.
 *
 * An installation that was killed leaves packages half configured; `dpkg --configure -a` and `--fix-broken` complete it.
 * apt has its own lock, which two bootstraps wait for; ours is not passed on, since daemons that packages start would keep it.
 * Throws: Error with one line for people when apt fails.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { report } from './report.mjs';

/** Debian package → what the lab uses of it. Names are the same on Debian 12+ and Ubuntu 22.04+. */
const systemPackages = {
  'systemd-container': 'boots lab hosts (systemd-nspawn, machinectl)',
  'btrfs-progs': 'snapshots them',
  mmdebstrap: 'builds their image',
  nftables: 'their firewall',
  iproute2: 'their network',
};

/** What tests alone use. */
const testPackages = {
  'libvirt-clients': 'virsh, by which a hypervisor is told what to do',
  'libvirt-daemon': 'a hypervisor in memory',
};

const dpkgStatusFile = '/var/lib/dpkg/status';
const aptLockTimeoutS = 600;

/** Returns once the system packages are there, or the user was told which are not. */
export function prepareSystem({ forTests = false } = {}) {
  const wanted = Object.keys(forTests ? { ...systemPackages, ...testPackages } : systemPackages);
  if (process.platform !== 'linux' || !existsSync(dpkgStatusFile)) {
    return warn(`lab hosts need Debian or Ubuntu with ${wanted.join(' ')}`);
  }
  const missing = missingPackages(wanted, readFileSync(dpkgStatusFile, 'utf8'));
  if (missing.length === 0) return;
  const line = `apt-get install --yes --no-install-recommends ${missing.join(' ')}`;
  if (process.getuid() !== 0) return warn(`lab hosts need packages that only root can install: sudo ${line}`);
  install(missing);
}

/** The packages of those wanted that dpkg does not record as wholly installed. */
function missingPackages(wanted, status) {
  return wanted.filter(
    (name) => !new RegExp(`^Package: ${name}\\n(?:.+\\n)*?Status: \\S+ ok installed$`, 'm').test(status),
  );
}

function install(missing) {
  const done = report(`installing system packages (${missing.join(' ')})`);
  run('dpkg', ['--force-confold', '--configure', '-a']);
  const apt = ['--quiet', '--option', `DPkg::Lock::Timeout=${aptLockTimeoutS}`];
  // Offline, the lists of an earlier update may do; if not, the installation says what it misses.
  if (!run('apt-get', [...apt, 'update'])) warn('apt-get update failed; going on with the package lists at hand');
  const argv = [...apt, 'install', '--yes', '--fix-broken', '--no-install-recommends', ...missing];
  if (!run('apt-get', argv)) {
    throw new Error(`apt-get could not install ${missing.join(' ')}; its own words are above`);
  }
  done();
}

function run(command, argv) {
  return (
    spawnSync(command, argv, {
      stdio: ['ignore', process.stderr, process.stderr],
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    }).status === 0
  );
}

function warn(text) {
  process.stderr.write(`guise: ${text}\n`);
}
