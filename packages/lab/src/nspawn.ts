/**
 * One real systemd host as a process tree: how it starts, where its first process is, how a command gets inside.
 *
 * A host outlives the command that started it; it ends by being killed through its cgroup.
 * Source: systemd-nspawn(1); nsenter(1).
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Cgroups } from './cgroups.ts';
import { runCommand } from './command.ts';
import { hostCgroup, hostLog, hostRoot, type LabNames, machineName } from './names.ts';
import { leadsNamespace } from './namespace-leader.ts';

const launchScript = fileURLToPath(new URL('launch.sh', import.meta.url));

/** Environment of commands inside hosts: nothing of the machine's leaks in. */
export const hostEnvironment: Readonly<Record<string, string>> = {
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  HOME: '/root',
  LANG: 'C.UTF-8',
  TERM: 'dumb',
  DEBIAN_FRONTEND: 'noninteractive',
};

/** The command that first enters these cgroups and then becomes `argv`. */
export function launched(cgroupDirectories: readonly string[], argv: readonly string[]): readonly string[] {
  return ['/bin/sh', launchScript, ...cgroupDirectories, '--', ...argv];
}

function nspawnCommand(lab: LabNames, host: string, repository: string): readonly string[] {
  return [
    'systemd-nspawn',
    '--quiet',
    '--settings=no',
    '--register=no',
    '--keep-unit',
    '--boot',
    `--directory=${hostRoot(lab, host)}`,
    `--machine=${machineName(lab, host)}`,
    `--hostname=${host}`,
    `--network-bridge=${lab.bridge}`,
    `--bind-ro=${repository}:/opt/guise`,
    '--resolv-conf=off',
    '--timezone=off',
    '--link-journal=no',
    '--console=pipe',
    // To systemd inside: from version 256 on it would refuse a machine that has a tree per controller, where limits are set from outside.
    'SYSTEMD_CGROUP_ENABLE_LEGACY_FORCE=1',
  ];
}

/** Starts a host whose root is ready, in cgroups that exist. Returns at once. */
export function startHost(
  lab: LabNames,
  host: string,
  repository: string,
  cgroupDirectories: readonly string[],
): ChildProcess {
  const log = openSync(hostLog(lab, host), 'a', 0o600);
  const [program = '', ...argv] = launched(cgroupDirectories, nspawnCommand(lab, host, repository));
  const child = spawn(program, argv, { detached: true, stdio: ['ignore', log, log] });
  child.unref();
  closeSync(log);
  return child;
}

/** The host's init, as the machine numbers it; undefined while it does not run. */
export function leaderOf(cgroups: Cgroups, lab: LabNames, host: string): number | undefined {
  return cgroups.pids(hostCgroup(lab, host)).find(leadsNamespace);
}

export function enterCommand(leader: number, argv: readonly string[]): readonly string[] {
  return ['nsenter', '--target', String(leader), '--all', '--', ...argv];
}

/** Removes what a killed systemd-nspawn could not remove itself. */
export async function removeMachineTraces(lab: LabNames, host: string): Promise<void> {
  // The kernel takes the cable away in its own time, and as long as it is there no other of its name can be made.
  const cable = `vb-${machineName(lab, host)}`;
  if (existsSync(`/sys/class/net/${cable}`)) await runCommand(['ip', 'link', 'delete', cable]);
  rmSync(join('/run/systemd/nspawn/propagate', machineName(lab, host)), { recursive: true, force: true });
  rmSync(join(lab.roots, `.#${host}.lck`), { force: true });
  const root = statSync(hostRoot(lab, host), { throwIfNoEntry: false });
  if (root !== undefined) rmSync(`/run/systemd/nspawn/locks/inode-${root.dev}:${root.ino}`, { force: true });
}
