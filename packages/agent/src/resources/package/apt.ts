/**
 * Runs of apt and dpkg, and what their complaints mean.
 *
 * Daemons of new packages are not started, because what runs is decided by services: systemctl is told that it is offline, for
 * this run and all it starts. A policy-rc.d would do that too, but it is a file, which a killed run would leave behind.
 * Somebody else's apt is waited for, `limits.packageLockTimeoutS`.
 * Throws: `document_invalid` for packages and versions that do not exist, `host_busy` for a held lock, `change_failed`.
 * Source: apt-get(8), apt.conf(5), systemd's docs/ENVIRONMENT.md (SYSTEMD_OFFLINE).
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { GuiseError, limits } from '@guise/model';
import type { Host, RunResult } from '../../host/host.ts';
import type { ObserveContext } from '../adapter.ts';

const options = [
  `DPkg::Lock::Timeout=${limits.packageLockTimeoutS}`,
  'Dpkg::Options::=--force-confdef',
  'Dpkg::Options::=--force-confold',
  'Dpkg::Use-Pty=false',
  'APT::Keep-Downloaded-Packages=false',
  'APT::Color=false',
].flatMap((option) => ['--option', option]);

const environment = {
  DEBIAN_FRONTEND: 'noninteractive',
  APT_LISTCHANGES_FRONTEND: 'none',
  NEEDRESTART_SUSPEND: '1',
  UCF_FORCE_CONFFOLD: '1',
};

export interface AptRun {
  /** `install`, `purge`, `update`, … with its arguments. */
  readonly argv: readonly string[];
  /** Whether maintainer scripts may start and stop daemons. */
  readonly daemons: boolean;
}

export async function runApt(host: Host, { argv, daemons }: AptRun): Promise<void> {
  // Not called off half-way: a killed dpkg costs more time than a finished one. But when we are killed apt goes with us, because
  // one that still waits or downloads would otherwise begin to install after recovery has looked.
  const { status, stdout, stderr } = await host.run(
    ['setpriv', '--pdeathsig', 'KILL', 'apt-get', '--yes', '--quiet', ...options, ...argv],
    {
      env: daemons ? environment : { ...environment, SYSTEMD_OFFLINE: '1' },
      timeoutMs: limits.packageTimeoutMs,
      accept: 'any',
    },
  );
  if (status !== 0) throw await refusal(host, { status, stdout, stderr });
}

export interface Simulated {
  readonly installed: ReadonlyMap<string, string>;
  readonly removed: ReadonlySet<string>;
}

/**
 * What these changes would do, exactly. They are apt's arguments: `a`, `a=1.2`, `b-`, or the path of an archive.
 * Of `leaving`, what nothing needs any more goes too.
 */
export async function simulate(
  { host, stateDirectory }: ObserveContext,
  changes: readonly string[],
  leaving: ReadonlySet<string>,
): Promise<Simulated> {
  const path = `${stateDirectory}/extended_states`;
  const marks = [...leaving]
    .map((name) => `Package: ${name}\nArchitecture: ${architectureOf(host)}\nAuto-Installed: 1\n`)
    .join('\n');
  host.files.write({ path, content: new TextEncoder().encode(marks), mode: '0600', uid: 0, gid: 0 });
  const simulation = [
    'Debug::NoLocking=true',
    `Dir::State::extended_states=${path}`,
    'APT::AutoRemove::RecommendsImportant=false',
  ];
  const flags = ['--simulate', '--quiet', '--no-install-recommends', '--allow-downgrades', '--auto-remove'];
  const argv = [
    'apt-get',
    ...flags,
    ...simulation.flatMap((option) => ['--option', option]),
    'install',
    '--',
    ...changes,
  ];
  const result = await host.run(argv, { accept: 'any', timeoutMs: limits.packageTimeoutMs, reads: true });
  host.files.remove(path);
  if (result.status !== 0) throw await refusal(host, result);
  return parseSimulation(result.stdout);
}

/** Lines such as `Inst curl [7.88.1-10] (7.88.1-11 Debian:12/stable [amd64])` and `Remv telnet [0.17-44]`. */
export function parseSimulation(stdout: string): Simulated {
  const installed = new Map<string, string>();
  const removed = new Set<string>();
  for (const line of stdout.split('\n')) {
    const [, action, name = '', version = ''] = /^(Inst|Remv|Purg) (\S+) (?:\[[^\]]*\] )?(?:\((\S+))?/.exec(line) ?? [];
    if (action === 'Inst') installed.set(name, version);
    else if (action !== undefined) removed.add(name);
  }
  return { installed, removed };
}

/** Waits for a dpkg that outlived us, and finishes what a killed one left. What cannot be finished stays as it is, to be purged. */
export async function configurePending(host: Host): Promise<void> {
  const argv = ['dpkg', '--configure', '--pending', '--force-confdef', '--force-confold'];
  for (let waitedS = 0; waitedS < limits.packageLockTimeoutS; waitedS++) {
    const { stderr } = await host.run(argv, {
      env: { ...environment, SYSTEMD_OFFLINE: '1' },
      timeoutMs: limits.packageTimeoutMs,
      accept: 'any',
    });
    if (!/lock/.test(stderr)) return;
    await sleep(1000);
  }
}

/** The versions that can be had, newest first. */
export async function availableVersions(
  host: Host,
  names: readonly string[],
): Promise<ReadonlyMap<string, readonly string[]>> {
  const versions = new Map<string, string[]>();
  if (names.length === 0) return versions;
  const { stdout } = await host.run(['apt-cache', 'madison', '--', ...names], { accept: 'any', reads: true });
  for (const line of stdout.split('\n')) {
    const [name = '', version = ''] = line.split('|').map((part) => part.trim());
    if (version === '') continue;
    const known = versions.get(name) ?? [];
    if (!known.includes(version)) known.push(version);
    versions.set(name, known);
  }
  return versions;
}

/** Package lists that were never fetched make every package unknown, so they are fetched, once. */
export async function ensureLists(host: Host): Promise<void> {
  const lists = host.files.list('/var/lib/apt/lists');
  if (!lists.some((name) => name.includes('_Packages'))) await runApt(host, { argv: ['update'], daemons: false });
}

async function refusal(host: Host, { status, stdout, stderr }: RunResult): Promise<GuiseError> {
  const detail = `${stdout}\n${stderr}`.slice(-4000);
  const unknown =
    /Unable to locate package (\S+)/.exec(stderr)?.[1] ??
    /Package '?(\S+?)'? has no installation candidate/.exec(stderr)?.[1];
  if (unknown !== undefined) {
    return new GuiseError(
      'document_invalid',
      `Cannot install the package ${unknown}: this host's package sources do not have it`,
      { detail },
    );
  }
  const [, version, name] = /Version '(.*)' for '(\S+)' was not found/.exec(stderr) ?? [];
  if (name !== undefined) {
    const available = (await availableVersions(host, [name])).get(name)?.slice(0, limits.packageVersionsReported) ?? [];
    return new GuiseError(
      'document_invalid',
      `Cannot install ${name}=${version}: this host's package sources have ${available.join(', ') || 'no version of it'}`,
      { detail },
    );
  }
  const holder = /It is held by process (\d+) \((.*?)\)/.exec(stderr);
  if (/Could not get lock|Unable to acquire the dpkg/.test(stderr)) {
    const by = holder === null ? 'another program' : `${holder[2]} (process ${holder[1]})`;
    return new GuiseError(
      'host_busy',
      `Cannot change packages: ${by} has held dpkg's lock for more than ${limits.packageLockTimeoutS} s`,
      { detail },
    );
  }
  const words = stderr
    .split('\n')
    .filter((line) => /^(E:|dpkg:)/.test(line))
    .map((line) => line.replace(/^E: /, ''));
  const unmet = stdout
    .split('\n')
    .filter((line) => / (Depends|Conflicts|Breaks): /.test(line))
    .map((line) => line.trim());
  return new GuiseError(
    'change_failed',
    `Cannot change packages: ${[...unmet, ...words].slice(0, 5).join('; ') || `apt-get exited with status ${status}`}`,
    { detail },
  );
}

function architectureOf(host: Host): string {
  return /^amd64|arm64/.exec(host.files.readText('/var/lib/dpkg/arch') ?? '')?.[0] ?? 'amd64';
}
